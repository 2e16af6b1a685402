// Package stage is the loop around a pure stage, written once: it reads a
// frame, has it computed, publishes what is said about it and remembers what
// the stage wants to remember. It knows no formula.
//
// # Exactly once
//
// For each input frame, in this order: the output frame, which carries the
// sequence of the input's cursor message; then the state and the same sequence
// in one write. After a crash between the two the loop reads the frame again,
// sees that its answer is in the output already, and only makes up the commit.
// That is safe because stages are deterministic. A frame about which nothing is
// to be said is answered by an empty frame, so that what comes behind sees the
// progress and nothing is computed twice after a restart.
//
// A frame that cannot be computed stops the loop and is not lost: the error is
// a [*FrameError], and the loop stands before that frame until the program is
// mended. A second process on the same output is fenced (stream.ErrFenced).
package stage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/stream"
)

// ErrAhead says that the state has seen input that the output stream has no
// answer to: the stream was lost or is another one. Both must be rebuilt.
var ErrAhead = errors.New("state is ahead of the output stream")

// drain is how long a frame that was begun may take after the context ended.
const drain = 10 * time.Second

// Stage computes one frame. It is pure: the same state and the same frame give
// the same step, byte for byte. It must not keep the slices.
type Stage interface {
	Apply(v auyl.View, in []auyl.Payload) (auyl.Step, error)
}

// Store is where a stage's state is kept: a *state.Store.
type Store interface {
	auyl.View
	Commit(changes []auyl.Change, cursor uint64) error
	Cursor() (uint64, error)
}

// Options say what a loop reads and writes. All but the last three are needed.
type Options struct {
	Name         string   // for errors and logs, such as district
	InputStream  string   // such as stream.Data
	InputFilter  []string // subjects that the stage reads
	InputCursor  string   // ends each input frame, such as cur.decode
	OutputStream string   // such as stream.Indicators
	OutputCursor string   // ends each output frame, such as cur.district

	ReadBytes int            // in flight from the input; the stream's default if zero
	Logger    *slog.Logger   // nil is silent
	Progress  func(Progress) // called after each commit, by the loop; may be nil
}

// Progress says what one frame was.
type Progress struct {
	InputSeq uint64 // of the input's cursor message
	In, Out  int    // messages
	Bytes    int    // of the input messages
	Changes  int
	Replayed bool // the answer was in the output already
	Apply    time.Duration
	Publish  time.Duration
	Commit   time.Duration
}

// FrameError says which frame could not be computed.
type FrameError struct {
	Stage    string
	Stream   string
	InputSeq uint64 // of the frame's cursor message
	FirstSeq uint64
	Stack    []byte // of a panic; nil otherwise
	Err      error
}

// Error names stage, stream and frame.
func (e *FrameError) Error() string {
	return fmt.Sprintf("stage %s: frame %s:%d-%d: %v", e.Stage, e.Stream, e.FirstSeq, e.InputSeq, e.Err)
}

// Unwrap returns the cause.
func (e *FrameError) Unwrap() error { return e.Err }

// Loop runs one stage. Run may be called again after it returned; Done and Lag
// are safe for concurrent use.
type Loop struct {
	conn  *stream.Conn
	store Store
	stage Stage
	o     Options
	log   *slog.Logger
	done  atomic.Uint64
}

// New returns a loop. It does no I/O. The caller owns conn and store and closes
// them after Run has returned.
func New(conn *stream.Conn, store Store, s Stage, o Options) *Loop {
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Loop{conn: conn, store: store, stage: s, o: o, log: log.With("stage", o.Name)}
}

// Run is New and Loop.Run in one.
func Run(ctx context.Context, conn *stream.Conn, store Store, s Stage, o Options) error {
	return New(conn, store, s, o).Run(ctx)
}

// Done returns the input sequence of the last commit, 0 before Run has begun.
func (l *Loop) Done() uint64 { return l.done.Load() }

// Lag returns how far the loop is behind the last input frame, in sequences of
// the input stream; 0 if it is behind nothing. It asks the server.
func (l *Loop) Lag(ctx context.Context) (uint64, error) {
	p, err := l.conn.OpenPublisher(ctx, l.o.InputStream, l.o.InputCursor)
	if err != nil {
		return 0, fmt.Errorf("stage %s: lag: %w", l.o.Name, err)
	}
	last, done := p.Cursor().Seq, l.done.Load()
	return last - min(done, last), nil
}

// Run works through the input until ctx ends, and then returns nil. A frame
// that was begun is finished first.
func (l *Loop) Run(ctx context.Context) error {
	wrap := func(err error) error { return fmt.Errorf("stage %s: %w", l.o.Name, err) }
	at, err := l.store.Cursor()
	if err != nil {
		return wrap(err)
	}
	l.done.Store(at)
	pub, err := l.conn.OpenPublisher(ctx, l.o.OutputStream, l.o.OutputCursor)
	if err != nil {
		return wrap(err)
	}
	said := pub.Cursor().InputSeq
	if at > said {
		return wrap(fmt.Errorf("%w: state at %d of %s, output at %d: rebuild both", ErrAhead, at, l.o.InputStream, said))
	}
	from := uint64(0)
	if at > 0 {
		from = at + 1
	}
	frames, err := l.conn.OpenFrames(ctx, l.o.InputStream, l.o.InputFilter, l.o.InputCursor, from, stream.ReadOptions{MaxBytes: l.o.ReadBytes})
	if err != nil {
		return wrap(err)
	}
	defer func() { _ = frames.Close() }() //nolint:contextcheck // a reader: nothing is lost; it closes when ctx is over too
	l.log.InfoContext(ctx, "stage begins", "state", at, "output", said)

	// What was begun is finished, but not for ever.
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(drain, cancel) })
	defer stop()
	for {
		f, err := frames.Next(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return wrap(err)
		}
		if err := l.frame(work, pub, f); err != nil {
			return err
		}
	}
}

// frame works through one frame.
func (l *Loop) frame(ctx context.Context, pub *stream.Publisher, f stream.Frame) error {
	pr := Progress{InputSeq: f.Cursor.Seq, In: len(f.Messages), Bytes: f.Bytes}
	fail := func(err error) error {
		return fmt.Errorf("stage %s: frame %s:%d: %w", l.o.Name, l.o.InputStream, f.Cursor.Seq, err)
	}
	in := make([]auyl.Payload, len(f.Messages))
	for i, m := range f.Messages {
		in[i] = auyl.Payload{Subject: m.Subject, Data: m.Data}
	}
	begin := time.Now()
	step, err := l.apply(in, f)
	if err != nil {
		return err
	}
	pr.Apply = time.Since(begin)
	pr.Out, pr.Changes = len(step.Out), len(step.Changes)

	begin = time.Now()
	if pr.Replayed = pub.Cursor().InputSeq >= f.Cursor.Seq; !pr.Replayed {
		out := make([]stream.Message, len(step.Out))
		for i, p := range step.Out {
			out[i] = stream.Message{Subject: p.Subject, Data: p.Data}
		}
		if _, err := pub.Publish(ctx, out, stream.Next{InputSeq: f.Cursor.Seq}); err != nil {
			return fail(err)
		}
	}
	pr.Publish = time.Since(begin)

	begin = time.Now()
	if err := l.store.Commit(step.Changes, f.Cursor.Seq); err != nil {
		return fail(err)
	}
	pr.Commit = time.Since(begin)
	l.done.Store(f.Cursor.Seq)
	l.log.DebugContext(ctx, "frame", "input_seq", pr.InputSeq, "in", pr.In, "out", pr.Out, "replayed", pr.Replayed, "apply", pr.Apply)
	if l.o.Progress != nil {
		l.o.Progress(pr)
	}
	return nil
}

// apply calls the stage. This is the one place that recovers its panics.
func (l *Loop) apply(in []auyl.Payload, f stream.Frame) (step auyl.Step, err error) {
	failed := func(err error, stack []byte) error {
		return &FrameError{Stage: l.o.Name, Stream: l.o.InputStream, InputSeq: f.Cursor.Seq, FirstSeq: f.FirstSeq, Stack: stack, Err: err}
	}
	defer func() {
		if r := recover(); r != nil {
			step, err = auyl.Step{}, failed(fmt.Errorf("panic: %v", r), debug.Stack())
		}
	}()
	step, err = l.stage.Apply(l.store, in)
	if err != nil {
		return auyl.Step{}, failed(err, nil)
	}
	return step, nil
}
