package clickhouse_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/clickhouse/embedded"
)

// TestMain lets the test binary be its own engine.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == embedded.ChildArg {
		os.Exit(embedded.ChildMain(os.Stdin, os.Stdout, os.Stderr)) //nolint:forbidigo // TestMain is a main
	}
	code := m.Run()
	if shared.engine != nil {
		if err := shared.engine.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
		_ = os.RemoveAll(shared.dir)
	}
	os.Exit(code) //nolint:forbidigo // TestMain is a main
}

// One engine serves all tests; each has a database of its own.
var shared struct {
	once   sync.Once
	engine *embedded.Engine
	dir    string
	err    error
	n      atomic.Int32
}

func engine(tb testing.TB) *embedded.Engine {
	tb.Helper()
	shared.once.Do(func() {
		if shared.dir, shared.err = os.MkdirTemp("", "engine"); shared.err == nil { //nolint:usetesting // outlives the test
			shared.engine, shared.err = embedded.Start(context.Background(), embedded.Options{Dir: shared.dir}) //nolint:usetesting // outlives the test
		}
	})
	if errors.Is(shared.err, embedded.ErrNoEngine) {
		tb.Skip(shared.err)
	}
	if shared.err != nil {
		tb.Fatal(shared.err)
	}
	return shared.engine
}

// dsn is the address of a new database.
func dsn(tb testing.TB) string {
	tb.Helper()
	e := engine(tb)
	return withDatabase(tb, e.DSN(), fmt.Sprintf("t%d", shared.n.Add(1)))
}

// open returns a new database with all tables.
func open(tb testing.TB) *clickhouse.DB {
	tb.Helper()
	db, err := clickhouse.Open(tb.Context(), dsn(tb), clickhouse.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return db
}
