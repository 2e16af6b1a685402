package sink_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/clickhouse/embedded"
	"github.com/auyl-kz/auyl/sink"
	"github.com/auyl-kz/auyl/stream"
)

func TestAllMessagesBecomeRowsOnce(t *testing.T) {
	t.Parallel()
	conn := streams(t, t.TempDir())
	db, _ := database(t, engine(t))
	fill(t, conn, 40, 50)
	for range 3 { // a second start has nothing to do
		s := sink.New(conn, stream.Data, db.Writer(), sink.Options{MaxBytes: 16 << 10})
		if err := runUntil(t.Context(), s, last(t, conn)); err != nil {
			t.Fatal(err)
		}
		holds(t, db, 40, 50)
	}
	fill(t, conn, 10, 50)
	s := sink.New(conn, stream.Data, db.Writer(), sink.Options{})
	if err := runUntil(t.Context(), s, last(t, conn)); err != nil {
		t.Fatal(err)
	}
	holds(t, db, 50, 50)
}

// TestKilledSinkRepeatsItsRanges kills the process at random moments of a run, mostly in the middle of an insert.
func TestKilledSinkRepeatsItsRanges(t *testing.T) {
	t.Parallel()
	db, dsn := database(t, engine(t))
	dir := t.TempDir()
	conn, closeAll, err := openStreams(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	const frames, rows = 300, 100
	kills := 12
	if testing.Short() {
		kills = 4
	}
	fill(t, conn, frames, rows)
	if err := closeAll(); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(5, 7)) // the same kills each time, as far as machines allow
	repeated, seen := 0, map[string]bool{}
	for kill := 0; ; kill++ {
		cmd, out, in := child(t, dir, dsn)
		limit := 1 + random.IntN(20)
		if kill >= kills {
			limit = 1 << 30
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); {
			token, begins := strings.CutPrefix(lines.Text(), "begin ")
			if begins {
				if seen[token] {
					repeated++
				}
				seen[token] = true
			}
			n++
			if n == limit {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		err := cmd.Wait()
		_ = in.Close()
		if err == nil {
			break
		}
		if kill >= kills {
			t.Fatalf("a run without a kill ended with %v", err)
		}
	}
	if repeated == 0 {
		t.Error("no insert was repeated under its token: the kills hit nothing")
	}
	holds(t, db, frames, rows)
}

// TestKilledEngineGetsTheSameBlocksAgain kills the engine while inserts are on their way.
func TestKilledEngineGetsTheSameBlocksAgain(t *testing.T) {
	t.Parallel()
	e := own(t, t.TempDir(), "")
	t.Cleanup(func() { _ = e.Close() })
	db, _ := database(t, e)
	conn := streams(t, t.TempDir())
	const frames, rows, kills = 400, 100, 6
	fill(t, conn, frames, rows)
	// Each fifth insert loses its engine shortly after it began.
	var mu sync.Mutex
	inserts, killed := 0, 0
	tables := before{db.Writer(), func() {
		mu.Lock()
		defer mu.Unlock()
		inserts++
		if inserts%5 == 0 && killed < kills {
			killed++
			pid := e.Pid()
			time.AfterFunc(time.Duration(rand.IntN(8))*time.Millisecond, func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
		}
	}}
	s := sink.New(conn, stream.Data, tables, sink.Options{MaxBytes: 64 << 10, MinBackoff: 5 * time.Millisecond, MaxBackoff: 100 * time.Millisecond})
	if err := runUntil(t.Context(), s, last(t, conn)); err != nil {
		t.Fatal(err)
	}
	if killed < kills || e.Restarts() == 0 {
		t.Errorf("%d kills, %d restarts: the test proves nothing", killed, e.Restarts())
	}
	holds(t, db, frames, rows)
}

type before struct {
	sink.Tables
	f func()
}

func (b before) Insert(ctx context.Context, table, token string, messages [][]byte) error {
	b.f()
	return b.Tables.Insert(ctx, table, token, messages)
}

func (b before) Repeat(ctx context.Context, table, token string, messages [][]byte) error {
	b.f()
	return b.Tables.Repeat(ctx, table, token, messages)
}

// own starts an engine that a test may end.
func own(t *testing.T, dir, listen string) *embedded.Engine {
	t.Helper()
	e, err := embedded.Start(t.Context(), embedded.Options{Dir: dir, Listen: listen, OwnerPassword: "owner"})
	if errors.Is(err, embedded.ErrNoEngine) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestSinkWaitsForAnEngineThatIsAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := own(t, dir, "")
	db, _ := database(t, e)
	conn := streams(t, t.TempDir())
	fill(t, conn, 20, 20)
	log := newJournal()
	s := sink.New(conn, stream.Data, db.Writer(), sink.Options{MaxBytes: 8 << 10, MinBackoff: time.Millisecond, MaxBackoff: 20 * time.Millisecond, Logger: newLogger(log)})
	if err := runUntil(t.Context(), s, last(t, conn)); err != nil {
		t.Fatal(err)
	}
	addr := e.Addr()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	fill(t, conn, 20, 20)
	ended := make(chan error, 1)
	go func() { ended <- runUntil(t.Context(), s, last(t, conn)) }()
	log.wait(t, "insert delayed", 5)
	e = own(t, dir, addr)
	t.Cleanup(func() { _ = e.Close() })
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	log.wait(t, "insert caught up", 1)
	holds(t, db, 40, 20)
}

func TestWhatATableRefusesStopsTheSink(t *testing.T) {
	t.Parallel()
	db, _ := database(t, engine(t))
	conn := streams(t, t.TempDir())
	p, err := conn.OpenPublisher(t.Context(), stream.Data, "cur.decode")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Publish(t.Context(), []stream.Message{{Subject: "obs.195200000", Data: []byte("not a message")}}, stream.Next{InputSeq: 1}); err != nil {
		t.Fatal(err)
	}
	err = sink.New(conn, stream.Data, db.Writer(), sink.Options{}).Run(t.Context())
	if _, ok := errors.AsType[*clickhouse.BadMessageError](err); !ok {
		t.Errorf("Run = %v, want a BadMessageError", err)
	}
}

// TestTheSecondSinkTakesOver starts a sink beside a running one.
func TestTheSecondSinkTakesOver(t *testing.T) {
	t.Parallel()
	db, _ := database(t, engine(t))
	conn := streams(t, t.TempDir())
	fill(t, conn, 5, 10)
	first := sink.New(conn, stream.Data, db.Writer(), sink.Options{Linger: time.Millisecond})
	ended := make(chan error, 1)
	go func() { ended <- first.Run(t.Context()) }()
	second := sink.New(conn, stream.Data, db.Writer(), sink.Options{Linger: time.Millisecond})
	if err := runUntil(t.Context(), second, last(t, conn)); err != nil && !errors.Is(err, stream.ErrFenced) {
		t.Fatal(err)
	}
	fill(t, conn, 5, 10)
	third := sink.New(conn, stream.Data, db.Writer(), sink.Options{Linger: time.Millisecond})
	if err := runUntil(t.Context(), third, last(t, conn)); err != nil {
		t.Fatal(err)
	}
	fill(t, conn, 1, 10) // wakes the first one up, if it was not fenced before
	if err := <-ended; !errors.Is(err, stream.ErrFenced) {
		t.Errorf("the first sink ended with %v, want ErrFenced", err)
	}
	if err := runUntil(t.Context(), third, last(t, conn)); err != nil {
		t.Fatal(err)
	}
	holds(t, db, 11, 10)
}

// TestRangesAreRepeatedAsTheyWereCut breaks a sink off and looks at what its successor inserts.
func TestRangesAreRepeatedAsTheyWereCut(t *testing.T) {
	t.Parallel()
	conn := streams(t, t.TempDir())
	fill(t, conn, 30, 20)
	type call struct {
		token string
		bytes string
	}
	var mu sync.Mutex
	var first []call
	ctx, cancel := context.WithCancel(t.Context())
	broken := insertFunc(func(ctx context.Context, _, token string, messages [][]byte) error {
		mu.Lock()
		first = append(first, call{token, fmt.Sprintf("%x", messages)})
		if len(first) >= 4 {
			cancel()
		}
		mu.Unlock()
		<-ctx.Done()
		return ctx.Err()
	})
	if err := sink.New(conn, stream.Data, broken, sink.Options{MaxBytes: 4 << 10, Parallel: 3}).Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	second := map[string]string{}
	good := insertFunc(func(_ context.Context, _, token string, messages [][]byte) error {
		mu.Lock()
		defer mu.Unlock()
		second[token] = fmt.Sprintf("%x", messages)
		return nil
	})
	// Other options cut other ranges, but not those that were begun.
	if err := runUntil(t.Context(), sink.New(conn, stream.Data, good, sink.Options{MaxBytes: 1 << 20, Parallel: 1}), last(t, conn)); err != nil {
		t.Fatal(err)
	}
	for _, c := range first {
		if second[c.token] != c.bytes {
			t.Errorf("%s was not repeated with the same messages", c.token)
		}
	}
}

type insertFunc func(ctx context.Context, table, token string, messages [][]byte) error

func (f insertFunc) Insert(ctx context.Context, table, token string, messages [][]byte) error {
	return f(ctx, table, token, messages)
}

func (f insertFunc) Repeat(ctx context.Context, table, token string, messages [][]byte) error {
	return f(ctx, table, token, messages)
}
