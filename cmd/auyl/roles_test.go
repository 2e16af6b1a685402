package main

import (
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/clickhouse/embedded"
)

// natsServer builds nats-server from its module and runs it on loopback.
func natsServer(t *testing.T) (url string) {
	t.Helper()
	dir := t.TempDir()
	bin := filepath.Join(dir, "nats-server")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "github.com/nats-io/nats-server/v2").CombinedOutput(); err != nil {
		t.Fatalf("go build nats-server: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), bin, "-a", "127.0.0.1", "-p", strconv.Itoa(addr.Port), "-js", "-sd", filepath.Join(dir, "store"))
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	for range 1000 { // until it listens
		conn, err := net.DialTimeout("tcp", addr.String(), time.Second)
		if err == nil {
			if err := conn.Close(); err != nil {
				t.Fatal(err)
			}
			return "nats://" + addr.String()
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Fatal("nats-server does not listen")
	return ""
}

func TestRolesAsProcessesGiveTheSameTables(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the whole pipeline twice: make test")
	}
	t.Parallel()
	p := build(t)
	p.env = append(p.env, "AUYL_SIMULATE_MONTHS=4", "AUYL_QUALITY=false") // roles know no tables before the sink has written them
	p.must(t, "run", "--once")
	want := p.tables(t)

	engine, err := embedded.Start(t.Context(), embedded.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	p.data += "-roles"
	p.env = append(p.env, "AUYL_NATS_URL="+natsServer(t), "AUYL_CLICKHOUSE_DSN="+engine.DSN())
	p.must(t, "ingest", "--once")
	p.must(t, "transform", "--once")
	p.must(t, "sink", "--once")
	p.env = append(p.env, "AUYL_CLICKHOUSE_DSN="+engine.ReaderDSN()) // as who looked at the other tables
	if d := cmp.Diff(want, p.tables(t)); d != "" {
		t.Errorf("tables (-one process +roles):\n%s", d)
	}
}
