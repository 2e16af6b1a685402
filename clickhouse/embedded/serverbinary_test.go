package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/auyl-kz/auyl/clickhouse/embedded"
)

// standIn is this binary in the place of clickhouse: it knows the configuration file, the port in it, and one answer. It
// shows that start, supervision and stop work on a foreign program; what ClickHouse makes of the files it cannot show.
func standIn(arg string) int {
	b, err := os.ReadFile(strings.TrimPrefix(arg, "--config-file="))
	m := regexp.MustCompile(`<http_port>(\d+)</http_port>`).FindSubmatch(b)
	if err != nil || m == nil {
		return 3
	}
	srv := &http.Server{Addr: "127.0.0.1:" + string(m[1]), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, _, ok := r.BasicAuth(); !ok {
			http.Error(w, "Code: 516. DB::Exception: who is it. (AUTHENTICATION_FAILED)", http.StatusForbidden)
			return
		}
		statement, _ := io.ReadAll(r.Body)
		if string(statement) == "SELECT pid" {
			_, _ = fmt.Fprintln(w, os.Getpid())
			return
		}
		_, _ = fmt.Fprintln(w, "26.1.1.1")
	})}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() { <-ctx.Done(); _ = srv.Close() }()
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return 4
	}
	return 0
}

func TestServerBinaryIsSupervised(t *testing.T) {
	t.Parallel()
	o := embedded.Options{Dir: t.TempDir(), Engine: embedded.Location{Kind: embedded.Server, Path: os.Args[0]}}
	e, err := embedded.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if e.Version() != "26.1.1.1" {
		t.Errorf("Version() = %q", e.Version())
	}
	var pid int
	if _, err := fmt.Sscan(post(t, e.DSN(), "SELECT pid", nil).body, &pid); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	var a answer
	for range 10_000 { // until the server of the next child answers
		if a, err = send(e.DSN(), strings.NewReader("SELECT pid"), nil); err == nil {
			break
		}
	}
	var next int
	if _, err := fmt.Sscan(a.body, &next); err != nil || next == pid {
		t.Fatalf("pid after the kill = %q, %v, want another than %d", a.body, err, pid)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(next, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("server after Close: %v, want no such process", err)
	}
}

func TestServerThatEndsAtItsStartIsAnError(t *testing.T) {
	t.Parallel()
	o := embedded.Options{Dir: t.TempDir(), Engine: embedded.Location{Kind: embedded.Server, Path: "/bin/false"}}
	e, err := embedded.Start(t.Context(), o)
	if err == nil {
		_ = e.Close()
		t.Fatal("started")
	}
	if !strings.Contains(err.Error(), "ended at its start") {
		t.Errorf("error = %v", err)
	}
}
