package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/auyl-kz/auyl/clickhouse/embedded"
)

func TestRowsGoBothWaysUnderEachCompression(t *testing.T) {
	t.Parallel()
	e := shared(t)
	for _, m := range []clickhouse.CompressionMethod{clickhouse.CompressionNone, clickhouse.CompressionLZ4, clickhouse.CompressionZSTD} {
		t.Run(m.String(), func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			db := open(t, e.DSN(), func(o *clickhouse.Options) { o.Compression = &clickhouse.Compression{Method: m} })
			table := "both_" + m.String()
			exec(t, db, "CREATE OR REPLACE TABLE "+table+" (id UInt64, kind LowCardinality(String), price Nullable(Float64), tags Array(String), at DateTime64(3,'UTC')) ENGINE=MergeTree ORDER BY id")
			b, err := db.PrepareBatch(ctx, "INSERT INTO "+table)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = b.Close() }()
			const rows = 120_000
			began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			for i := range uint64(rows) {
				var price *float64
				if i%3 != 0 {
					f := float64(i) / 4
					price = &f
				}
				if err := b.Append(i, fmt.Sprint("k", i%7), price, []string{fmt.Sprint(i)}, began.Add(time.Duration(i)*time.Millisecond)); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.Send(); err != nil {
				t.Fatal(err)
			}
			r, err := db.Query(ctx, "SELECT id, kind, price, tags, at FROM "+table+" ORDER BY id")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = r.Close() }()
			var n uint64
			for ; r.Next(); n++ {
				var id uint64
				var kind string
				var price *float64
				var tags []string
				var at time.Time
				if err := r.Scan(&id, &kind, &price, &tags, &at); err != nil {
					t.Fatal(err)
				}
				if id != n || kind != fmt.Sprint("k", n%7) || (price == nil) != (n%3 == 0) || price != nil && *price != float64(n)/4 ||
					len(tags) != 1 || tags[0] != fmt.Sprint(n) || !at.Equal(began.Add(time.Duration(n)*time.Millisecond)) {
					t.Fatalf("row %d = %d %s %v %v %s", n, id, kind, price, tags, at)
				}
			}
			if err := r.Err(); err != nil || n != rows {
				t.Fatalf("read %d rows, %v, want %d", n, err, rows)
			}
		})
	}
}

func TestKilledEngineComesBackWithItsRows(t *testing.T) {
	t.Parallel()
	e := start(t, options(t.TempDir()))
	db := open(t, e.DSN())
	exec(t, db, "CREATE TABLE t (id UInt64) ENGINE=MergeTree ORDER BY id", "INSERT INTO t SELECT number FROM numbers(1000)")
	addr, pid := e.Addr(), e.Pid()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	// The first request may meet the dying child's connection; one of the next waits in the backlog for the new child.
	var n uint64
	var err error
	for range 20 {
		if err = db.QueryRow(t.Context(), "SELECT count() FROM t").Scan(&n); err == nil {
			break
		}
	}
	if err != nil || n != 1000 {
		t.Fatalf("count() after the kill = %d, %v, want 1000", n, err)
	}
	if e.Addr() != addr || !strings.Contains(e.DSN(), addr) {
		t.Errorf("address moved from %s to %s", addr, e.Addr())
	}
	// The answer may arrive before the supervisor has read the child's ready line.
	for range 100 {
		if e.Restarts() == 1 {
			break
		}
		_ = count(t, db, "SELECT count() FROM t")
	}
	if e.Restarts() != 1 || e.Pid() == pid {
		t.Errorf("Restarts() = %d, Pid() = %d (was %d), want 1 and another", e.Restarts(), e.Pid(), pid)
	}
}

func TestSecondEngineOnAFolderIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := start(t, options(dir))
	o := options(dir)
	o.LockTimeout = 200 * time.Millisecond
	second, err := embedded.Start(t.Context(), o)
	if err == nil {
		_ = second.Close()
	}
	if !errors.Is(err, embedded.ErrLocked) {
		t.Fatalf("second Start = %v, want ErrLocked", err)
	}
	if want := fmt.Sprint("process ", e.Pid()); !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) {
		t.Errorf("error %q does not name the folder and %q", err, want)
	}
}

func TestCloseEndsTheChildAndTheFolderIsFree(t *testing.T) {
	t.Parallel()
	skipWithoutLibrary(t)
	dir := t.TempDir()
	e, err := embedded.Start(t.Context(), options(dir))
	if err != nil {
		t.Fatal(err)
	}
	pid := e.Pid()
	for range 2 {
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("child after Close: %v, want no such process", err)
	}
	if c, err := net.Dial("tcp", e.Addr()); err == nil {
		_ = c.Close()
		t.Error("the port still answers after Close")
	}
	o := options(dir)
	o.LockTimeout = time.Millisecond // no wait is needed
	start(t, o)
}

func TestChildEndsWithItsParentsPipe(t *testing.T) {
	t.Parallel()
	skipWithoutLibrary(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, childOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err := os.StartProcess(os.Args[0], []string{os.Args[0], embedded.ChildArg}, &os.ProcAttr{Files: []*os.File{r, childOut, os.Stderr}})
	if err != nil {
		t.Fatal(err)
	}
	_, _, _ = r.Close(), childOut.Close(), w.Close()
	st, err := p.Wait()
	if err != nil || st.ExitCode() != 1 {
		t.Errorf("child without configuration: %v, %v, want exit code 1", st, err)
	}
	_ = out.Close()
}

func TestConfigurationIsReadableForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start(t, options(dir))
	for _, name := range []string{"config.xml", "users.xml"} {
		fi, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if fi.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o, want 600", name, fi.Mode().Perm())
		}
	}
}

func TestTokenMakesARepeatedInsertOne(t *testing.T) {
	t.Parallel()
	db := open(t, shared(t).DSN())
	exec(t, db, "CREATE OR REPLACE TABLE dedup (id UInt64) ENGINE=MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window=100")
	insert := func(token string, from uint64) {
		t.Helper()
		ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"insert_deduplication_token": token}))
		b, err := db.PrepareBatch(ctx, "INSERT INTO dedup")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = b.Close() }()
		for i := range uint64(100) {
			if err := b.Append(from + i); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Send(); err != nil {
			t.Fatal(err)
		}
	}
	insert("a", 0)
	insert("a", 1000) // other rows: it is the token that counts
	insert("b", 0)    // the same rows as the first
	if n := count(t, db, "SELECT count() FROM dedup"); n != 200 {
		t.Errorf("count() = %d, want 200", n)
	}
}

func TestErrorInTheMiddleOfAStreamIsTyped(t *testing.T) {
	t.Parallel()
	db := open(t, shared(t).DSN())
	r, err := db.Query(t.Context(), "SELECT throwIf(number = 3000000) FROM numbers(10000000) SETTINGS max_block_size=65536, max_threads=1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	n := 0
	for r.Next() {
		n++
	}
	var e *clickhouse.Exception
	if !errors.As(r.Err(), &e) || e.Code != 395 {
		t.Fatalf("after %d rows: %v, want code 395", n, r.Err())
	}
	if n == 0 || n > 3_000_000 {
		t.Errorf("%d rows came before the error, want some of 3000000", n)
	}
}

func TestLostClientsQueryIsKilled(t *testing.T) {
	t.Parallel()
	db := open(t, shared(t).DSN())
	running := "SELECT count() FROM system.processes WHERE query LIKE '%lost_client_marker%' AND query NOT LIKE '%processes%'"
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- db.QueryRow(ctx, "SELECT sum(cityHash64(number, 'lost_client_marker')) FROM numbers(1000000000000)").Err()
	}()
	for count(t, db, running) == 0 {
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("query = %v, want context canceled", err)
	}
	for deadline := time.Now().Add(10 * time.Second); count(t, db, running) > 0; {
		if time.Now().After(deadline) {
			t.Fatal("the query still runs 10 s after its client left")
		}
	}
}

func TestPingNeedsNoPassword(t *testing.T) {
	t.Parallel()
	res, err := http.Get("http://" + shared(t).Addr() + "/ping")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		t.Errorf("GET /ping = %s", res.Status)
	}
}

func TestWrongOptionsAreRefused(t *testing.T) {
	t.Parallel()
	l := embedded.Location{Kind: embedded.Library, Path: "/nowhere/libchdb.so"}
	for name, o := range map[string]embedded.Options{
		"no folder":     {Engine: l},
		"open to all":   {Engine: l, Dir: t.TempDir(), Listen: "0.0.0.0:0"},
		"odd database":  {Engine: l, Dir: t.TempDir(), Database: "a`b"},
		"same password": {Engine: l, Dir: t.TempDir(), OwnerPassword: "x", ReaderPassword: "x"},
		"no library":    {Engine: l, Dir: t.TempDir()},
	} {
		if e, err := embedded.Start(t.Context(), o); err == nil {
			_ = e.Close()
			t.Errorf("%s: started", name)
		}
	}
}

func BenchmarkInsert(b *testing.B) {
	e := shared(b)
	for _, m := range []clickhouse.CompressionMethod{clickhouse.CompressionNone, clickhouse.CompressionLZ4} {
		b.Run(m.String(), func(b *testing.B) {
			const rows = 50_000
			db := open(b, e.DSN(), func(o *clickhouse.Options) { o.Compression = &clickhouse.Compression{Method: m} })
			exec(b, db, "CREATE TABLE IF NOT EXISTS bench (id UInt64, area LowCardinality(String), day Date, value Float64) ENGINE=MergeTree ORDER BY (area, day)")
			ids, areas, days, values := make([]uint64, rows), make([]string, rows), make([]time.Time, rows), make([]float64, rows)
			for i := range ids {
				ids[i], areas[i], values[i] = uint64(i), fmt.Sprint("area", i%300), float64(i)/3
				days[i] = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i%365)
			}
			insert := func() error {
				batch, err := db.PrepareBatch(b.Context(), "INSERT INTO bench")
				if err != nil {
					return err
				}
				defer func() { _ = batch.Close() }()
				return errors.Join(batch.Column(0).Append(ids), batch.Column(1).Append(areas), batch.Column(2).Append(days), batch.Column(3).Append(values), batch.Send())
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := insert(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
