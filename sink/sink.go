package sink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/auyl-kz/auyl/stream"
)

// Tables is what the sink writes to.
type Tables interface {
	// Insert stores messages of one table, in order, and returns once they can be seen. The same messages under the same
	// token are stored once, however often they are inserted. An error that has a method Temporary() bool which says true
	// may pass: the sink repeats the call.
	Insert(ctx context.Context, table, token string, messages [][]byte) error
	// Repeat does the same where an Insert under this token may have come to any point before: it has failed, or the
	// process that made it is gone.
	Repeat(ctx context.Context, table, token string, messages [][]byte) error
}

// Options of a sink; the zero value is the default.
type Options struct {
	// MaxBytes ends a range when its messages have so many bytes. 0 means 16 MiB: some 800,000 observations, from where on
	// larger inserts gained nothing. In memory are at most Parallel+1 ranges.
	MaxBytes int
	// MaxMessages ends a range likewise; 0 means 65,536.
	MaxMessages int
	// Linger ends a range when so much time has passed since its first message; 0 means 200 ms: parts are costly, a second is the budget.
	Linger time.Duration
	// Parallel is how many ranges are inserted at once; 0 means 2, which keeps two cores of an engine busy.
	Parallel int
	// MinBackoff and MaxBackoff bound the wait before a temporary error is tried again; 0 means 100 ms and 10 s.
	MinBackoff, MaxBackoff time.Duration
	// Bucket is the key-value bucket of the ledger; empty means "sink".
	Bucket string
	// Replicas of a bucket that is made anew; 0 means 1.
	Replicas int
	// Logger; nil discards.
	Logger *slog.Logger
}

// Sink moves one stream into tables.
type Sink struct {
	conn   *stream.Conn
	stream string
	tables Tables
	o      Options
	log    *slog.Logger
	done   atomic.Uint64
}

// New returns a sink of a stream. It does nothing until Run.
func New(conn *stream.Conn, name string, t Tables, o Options) *Sink {
	o = o.withDefaults()
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Sink{conn: conn, stream: name, tables: t, o: o, log: log.With("component", "sink", "stream", name)}
}

func (o Options) withDefaults() Options {
	o.MaxBytes = positive(o.MaxBytes, 16<<20)
	o.MaxMessages = positive(o.MaxMessages, 1<<16)
	o.Linger = positive(o.Linger, 50*time.Millisecond)
	o.Parallel = positive(o.Parallel, 2)
	o.MinBackoff = positive(o.MinBackoff, 100*time.Millisecond)
	o.MaxBackoff = max(positive(o.MaxBackoff, 10*time.Second), o.MinBackoff)
	if o.Bucket == "" {
		o.Bucket = "sink"
	}
	return o
}

func positive[T int | time.Duration](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}

// Done returns the last sequence of the stream up to which all rows can be seen; 0 before Run has read its ledger. It may
// be called at any time.
func (s *Sink) Done() uint64 { return s.done.Load() }

// Run moves messages until ctx ends, whose error it then returns: ranges in work are broken off and repeated by the next
// Run. It waits out tables that are away. Other errors: stream.ErrFenced when another sink took over, stream.ErrLost when
// the stream discarded messages unread, and what the tables refuse for good, under which the stream stands still.
func (s *Sink) Run(ctx context.Context) error {
	l, err := openLedger(ctx, s.conn, s.o.Bucket, s.stream, s.o.Replicas)
	if err != nil {
		return fmt.Errorf("sink %s: %w", s.stream, err)
	}
	s.done.Store(l.Done)
	g, gctx := errgroup.WithContext(ctx)
	// While all inserts are busy the cutter's range grows: the slower the tables, the larger what they get at once.
	ranges := make(chan *span)
	c := cutter{o: s.o, ends: slices.Clone(l.Open)}
	g.Go(func() error {
		defer close(ranges)
		return s.cut(gctx, &c, l.Done+1, ranges)
	})
	g.Go(func() error { return s.insertAll(gctx, l, ranges) })
	err = g.Wait()
	if ctx.Err() != nil && !errors.Is(err, stream.ErrFenced) {
		return ctx.Err()
	}
	return fmt.Errorf("sink %s: %w", s.stream, err)
}

// insertAll is the owner of the ledger: it begins ranges, at most Parallel at once, and moves the cursor over those that
// are done without a gap.
func (s *Sink) insertAll(ctx context.Context, l *ledger, ranges <-chan *span) error {
	g, gctx := errgroup.WithContext(ctx)
	finished := make(chan uint64, s.o.Parallel)
	ended := map[uint64]bool{} // ranges that are done, by their last sequence, while one before them is not
	repeat := len(l.Open)      // that many of the first ranges stand in the ledger already
	running := 0
	var fault error
	for fault == nil {
		in := ranges
		if running >= s.o.Parallel {
			in = nil
		}
		select {
		case r, ok := <-in:
			if !ok {
				fault = errCutterEnded
				break
			}
			again := repeat > 0
			if again {
				repeat--
			} else if fault = l.begin(ctx, r.last); fault != nil {
				break
			}
			running++
			g.Go(func() error {
				if err := s.insert(gctx, l, r, again); err != nil {
					return err
				}
				finished <- r.last
				return nil
			})
		case last := <-finished:
			running--
			ended[last] = true
			for len(l.Open) > 0 && ended[l.Open[0]] {
				delete(ended, l.Open[0])
				l.Done, l.Open = l.Open[0], l.Open[1:]
			}
			s.done.Store(l.Done)
			if running == 0 {
				fault = l.save(ctx)
			}
		case <-gctx.Done():
			fault = errInsertEnded
		}
	}
	err := g.Wait()
	if errors.Is(fault, errCutterEnded) || errors.Is(fault, errInsertEnded) {
		fault = nil
	}
	return errors.Join(fault, err)
}

// Both say only that somebody else has the error to report.
var (
	errCutterEnded = errors.New("cutter ended")
	errInsertEnded = errors.New("insert ended")
)

// insert stores a range: its tables at once, each repeated until it is there.
// again says that an earlier process may have inserted some of them.
func (s *Sink) insert(ctx context.Context, l *ledger, r *span, again bool) error {
	g, ctx := errgroup.WithContext(ctx)
	for i, table := range tableNames {
		if len(r.messages[i]) == 0 {
			continue
		}
		token := fmt.Sprintf("%s:%s:%d-%d:%s", s.stream, l.ID, r.first, r.last, table)
		g.Go(func() error {
			return s.untilStored(ctx, l, insertion{table, token, r.messages[i]}, again)
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("sequences %d to %d: %w", r.first, r.last, err)
	}
	return nil
}
