package grafana_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/clickhouse/embedded"
)

var data = flag.String("data", "", "data folder of an `auyl run --once` of the example that has ended, to ask instead of making one")

// TestMain lets the test binary be its own engine.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == embedded.ChildArg {
		os.Exit(embedded.ChildMain(os.Stdin, os.Stdout, os.Stderr)) //nolint:forbidigo // the program is the child
	}
	os.Exit(m.Run()) //nolint:forbidigo // TestMain ends the program
}

// example runs the pipeline over the example, as `make run` does, and asks its
// tables as the reader.
func example(t *testing.T) *clickhouse.DB {
	t.Helper()
	loc, err := embedded.Locate(embedded.LocateOptions{})
	if errors.Is(err, embedded.ErrNoEngine) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	dir := *data
	if dir == "" {
		if testing.Short() {
			t.Skip("runs the whole pipeline: two minutes on two cores")
		}
		dir = filepath.Join(t.TempDir(), "data")
		bin := filepath.Join(t.TempDir(), "auyl")
		command(t, "go", "build", "-o", bin, "../../cmd/auyl")
		command(t, bin, "run", "--once", "--data", dir, "--config", "../../examples/almaty/auyl.yaml")
	}
	e, err := embedded.Start(t.Context(), embedded.Options{
		Dir: filepath.Join(dir, "clickhouse"), Engine: loc, OwnerPassword: secret(t, dir, "owner.password"), ReaderPassword: secret(t, dir, "reader.password"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	db, err := clickhouse.OpenReader(t.Context(), e.ReaderDSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func secret(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// command runs a program with the engine beside this repository and no port that
// another test may have.
func command(t *testing.T, name string, args ...string) {
	t.Helper()
	loc, err := embedded.Locate(embedded.LocateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), name, args...)
	c.Env = append(c.Environ(), "AUYL_CLICKHOUSE="+loc.Path, "AUYL_CLICKHOUSE_LISTEN=127.0.0.1:0", "AUYL_CONFIG=", "AUYL_DATA=")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// ask returns the answer with its header.
func ask(ctx context.Context, db *clickhouse.DB, sql string) ([][]string, error) {
	var out bytes.Buffer
	if err := db.Raw(ctx, sql, "csv", &out); err != nil {
		return nil, err
	}
	return csv.NewReader(&out).ReadAll()
}
