package embedded_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/auyl-kz/auyl/clickhouse/embedded"
)

// TestMain lets the test binary be its own child, and stand in for a clickhouse binary.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == embedded.ChildArg {
		os.Exit(embedded.ChildMain(os.Stdin, os.Stdout, os.Stderr)) //nolint:forbidigo // the program is the child
	}
	if len(os.Args) > 2 && os.Args[1] == "server" {
		os.Exit(standIn(os.Args[2])) //nolint:forbidigo // the program is the server
	}
	code := m.Run()
	if sharedEngine != nil {
		code = max(code, exitCode(sharedEngine.Close()))
		_ = os.RemoveAll(sharedDir)
	}
	os.Exit(code) //nolint:forbidigo // TestMain ends the program
}

func exitCode(err error) int {
	if err != nil {
		return 1
	}
	return 0
}

// One engine serves all tests that do not stop it: a process has its start-up cost, and each test its own tables.
var (
	sharedOnce   sync.Once
	sharedEngine *embedded.Engine
	sharedDir    string
	errShared    error
)

func shared(tb testing.TB) *embedded.Engine {
	tb.Helper()
	skipWithoutLibrary(tb)
	sharedOnce.Do(func() {
		if sharedDir, errShared = os.MkdirTemp("", "engine"); errShared == nil { //nolint:usetesting // outlives the test
			sharedEngine, errShared = embedded.Start(tb.Context(), options(sharedDir))
		}
	})
	if errShared != nil {
		tb.Fatal(errShared)
	}
	return sharedEngine
}

// library finds libchdb as npm has installed it, whatever else is on this machine.
func library() (embedded.Location, error) {
	return embedded.Locate(embedded.LocateOptions{Getenv: func(string) string { return "" }})
}

func skipWithoutLibrary(tb testing.TB) {
	tb.Helper()
	if _, err := library(); errors.Is(err, embedded.ErrNoEngine) {
		tb.Skip("no engine library: npm ci")
	}
}

func options(dir string) embedded.Options {
	l, _ := library()
	return embedded.Options{Dir: dir, Engine: l, Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))}
}

// start runs an engine for one test.
func start(tb testing.TB, o embedded.Options) *embedded.Engine {
	tb.Helper()
	skipWithoutLibrary(tb)
	e, err := embedded.Start(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := e.Close(); err != nil {
			tb.Error(err)
		}
	})
	return e
}

func open(tb testing.TB, dsn string, change ...func(*clickhouse.Options)) driver.Conn {
	tb.Helper()
	o, err := clickhouse.ParseDSN(dsn)
	if err != nil {
		tb.Fatal(err)
	}
	for _, c := range change {
		c(o)
	}
	db, err := clickhouse.Open(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

func exec(tb testing.TB, db driver.Conn, statements ...string) {
	tb.Helper()
	for _, s := range statements {
		if err := db.Exec(tb.Context(), s); err != nil {
			tb.Fatalf("%s: %v", s, err)
		}
	}
}

func count(tb testing.TB, db driver.Conn, query string) (n uint64) {
	tb.Helper()
	if err := db.QueryRow(tb.Context(), query).Scan(&n); err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	return n
}

// answer is what an HTTP request gave.
type answer struct {
	status int
	code   string // X-ClickHouse-Exception-Code
	body   string
	header http.Header
}

// post sends a statement as body, as curl would.
func post(tb testing.TB, dsn, statement string, query url.Values) answer {
	tb.Helper()
	a, err := send(dsn, strings.NewReader(statement), query)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func send(dsn string, body io.Reader, query url.Values) (answer, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return answer{}, err
	}
	u.Path, u.RawQuery = "/", query.Encode()
	client := http.Client{Timeout: time.Minute}
	res, err := client.Post(u.String(), "text/plain", body)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header.Get("X-ClickHouse-Exception-Code"), string(b), res.Header}, err
}
