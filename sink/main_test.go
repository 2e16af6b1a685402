package sink_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/clickhouse/embedded"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/sink"
	"github.com/auyl-kz/auyl/stream"
	natsembedded "github.com/auyl-kz/auyl/stream/embedded"
)

// sinkArg makes the test binary a process that runs one sink, to be killed.
const sinkArg = "__sink"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case embedded.ChildArg:
			os.Exit(embedded.ChildMain(os.Stdin, os.Stdout, os.Stderr)) //nolint:forbidigo // TestMain is a main
		case sinkArg:
			if err := sinkMain(context.Background(), os.Args[2], os.Args[3], os.Stdin, os.Stdout); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1) //nolint:forbidigo // TestMain is a main
			}
			os.Exit(0) //nolint:forbidigo // TestMain is a main
		}
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

// sinkMain moves all that is in the stream and ends, or ends with its parent. It writes a line whenever rows have become
// visible.
func sinkMain(ctx context.Context, dir, dsn string, stdin io.Reader, stdout io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // ends with the process
		_, _ = io.Copy(io.Discard, stdin)
		cancel()
	}()
	conn, closeAll, err := openStreams(ctx, dir)
	if err != nil {
		return err
	}
	db, err := clickhouse.Open(ctx, dsn, clickhouse.Options{BlockRows: 2000})
	if err != nil {
		return err
	}
	last, err := conn.LastSeq(ctx, stream.Data)
	if err != nil {
		return err
	}
	s := sink.New(conn, stream.Data, tell{db.Writer(), stdout}, sink.Options{MaxBytes: 64 << 10, MinBackoff: time.Millisecond})
	err = runUntil(ctx, s, last)
	return errors.Join(err, db.Close(), closeAll())
}

// tell writes a line after each insert: that is when the parent may kill.
type tell struct {
	sink.Tables
	w io.Writer
}

func (t tell) Insert(ctx context.Context, table, token string, messages [][]byte) error {
	_, _ = fmt.Fprintln(t.w, "begin", token)
	err := t.Tables.Insert(ctx, table, token, messages)
	_, _ = fmt.Fprintln(t.w, "end", token)
	return err
}

func (t tell) Repeat(ctx context.Context, table, token string, messages [][]byte) error {
	_, _ = fmt.Fprintln(t.w, "begin", token)
	err := t.Tables.Repeat(ctx, table, token, messages)
	_, _ = fmt.Fprintln(t.w, "end", token)
	return err
}

// runUntil runs a sink until all up to a sequence is visible.
func runUntil(ctx context.Context, s *sink.Sink, last uint64) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }() // waited for below
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for s.Done() < last {
		select {
		case err := <-ended:
			return fmt.Errorf("sink ended at %d of %d: %w", s.Done(), last, err)
		case <-tick.C:
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func openStreams(ctx context.Context, dir string) (conn *stream.Conn, closeAll func() error, err error) {
	srv, err := natsembedded.Start(ctx, natsembedded.Options{Dir: dir})
	if err != nil {
		return nil, nil, err
	}
	nc, err := srv.Connect()
	if err != nil {
		return nil, nil, errors.Join(err, srv.Close())
	}
	conn, err = stream.Wrap(nc, stream.Options{})
	if err == nil {
		err = stream.Ensure(ctx, conn, stream.StreamOptions{})
	}
	if err != nil {
		return nil, nil, errors.Join(err, srv.Close())
	}
	return conn, func() error { return errors.Join(conn.Close(), srv.Close()) }, nil //nolint:contextcheck // closing has no context
}

// streams starts a server of its own for a test.
func streams(tb testing.TB, dir string) *stream.Conn {
	tb.Helper()
	conn, closeAll, err := openStreams(tb.Context(), dir)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := closeAll(); err != nil {
			tb.Error(err)
		}
	})
	return conn
}

var shared struct {
	once   sync.Once
	engine *embedded.Engine
	dir    string
	err    error
	n      atomic.Int32
}

// engine starts one engine for all tests that do not end it.
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

// database opens a new database with all tables and returns its address.
func database(tb testing.TB, e *embedded.Engine) (db *clickhouse.DB, dsn string) {
	tb.Helper()
	u, err := url.Parse(e.DSN())
	if err != nil {
		tb.Fatal(err)
	}
	u.Path = fmt.Sprintf("/s%d", shared.n.Add(1))
	db, err = clickhouse.Open(tb.Context(), u.String(), clickhouse.Options{BlockRows: 2000})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return db, u.String()
}

// fill publishes frames of three districts with rows observations each and a flow row.
func fill(tb testing.TB, conn *stream.Conn, frames, rows int) {
	tb.Helper()
	p, err := conn.OpenPublisher(tb.Context(), stream.Data, "cur.decode")
	if err != nil {
		tb.Fatal(err)
	}
	at := p.Cursor().InputSeq
	for f := range frames {
		seq := at + uint64(f) + 1
		v := vintage(seq)
		var ms []stream.Message
		for d := range 3 {
			ms = append(ms, stream.Message{Subject: fmt.Sprintf("obs.19520000%d", d), Data: encode(tb, observations(v, uint32(195200000+d*1000), rows))})
		}
		ms = append(ms, stream.Message{Subject: "flow.bns.taldau", Data: encode(tb, &wire.Flow{Vintage: v, RecordsIn: uint64(3 * rows), RecordsUsed: uint64(3 * rows), Observations: uint64(3 * rows)})})
		if _, err := p.Publish(tb.Context(), ms, stream.Next{InputSeq: seq}); err != nil {
			tb.Fatal(err)
		}
	}
}

func vintage(seq uint64) *wire.Vintage {
	h := sha256.Sum256(fmt.Append(nil, seq))
	at := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(seq) * time.Second)
	return &wire.Vintage{Source: "bns.taldau", Run: "run", Page: uint32(seq), RawSeq: seq, RawSha256: h[:], RecordedAtMs: at.UnixMilli(), Origin: 1, Rank: 2}
}

func observations(v *wire.Vintage, area uint32, rows int) *wire.Observations {
	m := &wire.Observations{Vintage: v, SeriesDict: []string{"births", "deaths"}, DimsDict: []string{""}}
	for i := range rows {
		m.Series = append(m.Series, uint32(i%2))
		m.Dims = append(m.Dims, 0)
		m.Area = append(m.Area, area+uint32(i/2))
		m.Freq = append(m.Freq, 'A')
		m.Start = append(m.Start, int32(auyl.DayOf(time.Date(2018+i%8, 1, 1, 0, 0, 0, 0, time.UTC))))
		m.Value = append(m.Value, int64(v.GetRawSeq())*10_000)
		m.Status = append(m.Status, 'A')
		m.Row = append(m.Row, uint32(i+1))
	}
	return m
}

func encode(tb testing.TB, m proto.Message) []byte {
	tb.Helper()
	b, err := wire.Marshal(m)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func last(tb testing.TB, conn *stream.Conn) uint64 {
	tb.Helper()
	seq, err := conn.LastSeq(tb.Context(), stream.Data)
	if err != nil {
		tb.Fatal(err)
	}
	return seq
}

// holds checks that the tables hold each row of the frames 1..frames exactly once, without FINAL.
func holds(tb testing.TB, db *clickhouse.DB, frames, rows int) {
	tb.Helper()
	var out strings.Builder
	err := db.Raw(tb.Context(), `SELECT
		(SELECT count() FROM observation) AS rows,
		(SELECT uniqExact(raw_seq, area, series, row) FROM observation) AS distinct,
		(SELECT toInt64(sum(value)) FROM observation) AS total,
		(SELECT count() FROM flow) AS pages,
		(SELECT toInt64(sum(observations)) FROM flow) AS counted`, "json", &out)
	if err != nil {
		tb.Fatal(err)
	}
	var got []struct{ Rows, Distinct, Total, Pages, Counted int }
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		tb.Fatalf("%v: %s", err, out.String())
	}
	all := frames * 3 * rows
	want := struct{ Rows, Distinct, Total, Pages, Counted int }{all, all, 3 * rows * frames * (frames + 1) / 2, frames, all}
	if got[0] != want {
		tb.Errorf("tables hold %+v, want %+v", got[0], want)
	}
}

// journal is a log whose lines a test can wait for.
type journal struct {
	mu    sync.Mutex
	lines map[string]int
	more  chan struct{}
}

func newJournal() *journal { return &journal{lines: map[string]int{}, more: make(chan struct{}, 1)} }

func (j *journal) Enabled(context.Context, slog.Level) bool { return true }
func (j *journal) WithAttrs([]slog.Attr) slog.Handler       { return j }
func (j *journal) WithGroup(string) slog.Handler            { return j }

func (j *journal) Handle(_ context.Context, r slog.Record) error {
	j.mu.Lock()
	j.lines[r.Message]++
	j.mu.Unlock()
	select {
	case j.more <- struct{}{}:
	default:
	}
	return nil
}

func (j *journal) wait(tb testing.TB, message string, n int) {
	tb.Helper()
	for {
		j.mu.Lock()
		got := j.lines[message]
		j.mu.Unlock()
		if got >= n {
			return
		}
		select {
		case <-j.more:
		case <-tb.Context().Done():
			tb.Fatalf("test ended before %q was logged %d times", message, n)
		}
	}
}

// child starts this binary as a sink process.
func child(tb testing.TB, dir, dsn string) (cmd *exec.Cmd, out io.Reader, in io.WriteCloser) {
	tb.Helper()
	exe, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	cmd = exec.CommandContext(tb.Context(), exe, sinkArg, dir, dsn)
	cmd.Stderr = os.Stderr
	in, err = cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err = cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	return cmd, out, in
}

func newLogger(j *journal) *slog.Logger { return slog.New(j) }
