package stream

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/auyl-kz/auyl/internal/wait"
)

const (
	// defaultReadBytes is what a reader holds in flight at most. 16 frames of
	// 4 MiB keep a decoder busy over a round trip.
	defaultReadBytes = 64 << 20
	// maxReadMessages bounds the channel between connection and reader: it is
	// allocated whole.
	maxReadMessages = 8192
	// heartbeat: silence of twice this makes a reader start anew. So long it
	// takes at most until a consumer is missed that was deleted unnoticed.
	heartbeat = 2 * time.Second
	// idleConsumer is how long the server keeps a consumer nobody asks.
	idleConsumer = 5 * time.Minute
)

// ReadOptions bound a reader. The zero value is the default.
type ReadOptions struct {
	// MaxBytes is how many bytes may be in flight: sent by the server and not
	// yet handed out. 64 MiB if zero; raised to four times the largest message
	// that the server takes if it is less. When it is reached the server waits.
	MaxBytes int
}

// reader delivers the messages of a stream that match its filter, in order,
// each once. It keeps its position itself: the consumer in the server has no
// acknowledgments and is replaced by a new one whenever a doubt arises.
type reader struct {
	c        *Conn
	stream   string
	filter   []string
	maxBytes int

	next  uint64 // first sequence not handed out yet
	exact bool   // next must still be in the stream

	limited bool // the stream may discard messages unread

	consumer jetstream.Consumer // nil: to be made
	seen     uint64             // consumer sequence of the last message handed out

	mu     sync.Mutex
	it     jetstream.MessagesContext // nil: to be made
	closed bool
}

func (c *Conn) openReader(ctx context.Context, stream string, filter []string, from uint64, o ReadOptions) (*reader, error) {
	r := &reader{
		c: c, stream: stream, filter: minimal(filter), next: max(from, 1), exact: from > 0,
		maxBytes: o.MaxBytes,
	}
	if r.maxBytes <= 0 {
		r.maxBytes = defaultReadBytes
	}
	r.maxBytes = max(r.maxBytes, 4*int(c.nc.MaxPayload()))
	c.mu.Lock()
	c.readers[r] = struct{}{}
	c.mu.Unlock()
	if err := r.open(ctx); err != nil {
		r.close() //nolint:contextcheck // ctx may be what ended
		return nil, err
	}
	return r, nil
}

// message is a delivered message.
type message struct {
	jetstream.Msg
	seq  uint64
	time time.Time
}

// read blocks until there is a message or ctx ends. After an error of ctx the
// reader can be used again and misses nothing.
func (r *reader) read(ctx context.Context) (message, error) {
	for try := 1; ; {
		it, err := r.iterator(ctx)
		if err != nil {
			return message{}, err
		}
		m, err := it.Next(jetstream.NextContext(ctx))
		if err != nil {
			if ctx.Err() != nil {
				return message{}, ctx.Err()
			}
			if err := r.dead(); err != nil {
				return message{}, err
			}
			r.c.log.DebugContext(ctx, "reader starts anew", "stream", r.stream, "next", r.next, "err", err)
			r.drop()
			try++
			if try > 2 {
				if err := wait.For(ctx, backoff(try)); err != nil {
					return message{}, err
				}
			}
			continue
		}
		md, err := m.Metadata()
		if err != nil {
			return message{}, fmt.Errorf("metadata of a message of %s: %w", r.stream, err)
		}
		if md.Sequence.Consumer != r.seen+1 || md.Sequence.Stream < r.next {
			// Something was lost on the way.
			r.c.log.DebugContext(ctx, "reader has a gap", "stream", r.stream, "next", r.next, "got", md.Sequence.Stream)
			r.drop()
			continue
		}
		r.seen++
		r.next, r.exact = md.Sequence.Stream+1, true
		return message{Msg: m, seq: md.Sequence.Stream, time: md.Timestamp}, nil
	}
}

// pending counts the matching messages that read has not returned. It makes a
// consumer for the question, at the next wanted sequence: the server counts
// anew for it, while the count of a consumer that exists lags behind what has
// been stored and acknowledged (measured; under load it says 0 too early).
func (r *reader) pending(ctx context.Context) (uint64, error) {
	for try := 1; ; try++ {
		if err := r.dead(); err != nil {
			return 0, err
		}
		n, err := r.count(ctx)
		if err == nil {
			return n, nil
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if !temporary(err) {
			return 0, fmt.Errorf("pending of %s: %w", r.stream, r.c.mapError(err))
		}
		if err := wait.For(ctx, backoff(try)); err != nil {
			return 0, err
		}
	}
}

func (r *reader) count(ctx context.Context) (uint64, error) {
	tctx, cancel := context.WithTimeout(ctx, r.c.timeout)
	defer cancel()
	cfg := r.config()
	cfg.InactiveThreshold = 10 * time.Second // if it is not deleted here
	cons, err := r.c.js.CreateConsumer(tctx, r.stream, cfg)
	if err != nil {
		return 0, err
	}
	info := cons.CachedInfo()
	if err := r.c.js.DeleteConsumer(tctx, r.stream, info.Name); err != nil {
		r.c.log.DebugContext(ctx, "consumer for a count is left behind", "stream", r.stream, "err", err)
	}
	return info.NumPending, nil
}

// config describes a consumer that starts at the next wanted sequence.
func (r *reader) config() jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       r.next,
		FilterSubjects:    r.filter,
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: idleConsumer,
	}
}

// iterator returns the current iterator, or makes consumer and iterator.
func (r *reader) iterator(ctx context.Context) (jetstream.MessagesContext, error) {
	r.mu.Lock()
	it := r.it
	r.mu.Unlock()
	if it != nil {
		return it, nil
	}
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.it, nil
}

// open makes a consumer at the next wanted sequence. It waits out a server
// that is away, until ctx ends.
func (r *reader) open(ctx context.Context) error {
	for try := 1; ; try++ {
		err := r.tryOpen(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := r.dead(); err != nil {
			return err
		}
		if !temporary(err) {
			return fmt.Errorf("open reader of %s at %d: %w", r.stream, r.next, r.c.mapError(err))
		}
		r.c.log.WarnContext(ctx, "open reader: trying again", "stream", r.stream, "next", r.next, "try", try, "err", err)
		if err := wait.For(ctx, backoff(try)); err != nil {
			return err
		}
	}
}

func (r *reader) tryOpen(ctx context.Context) error {
	if err := r.dead(); err != nil {
		return err
	}
	tctx, cancel := context.WithTimeout(ctx, r.c.timeout)
	defer cancel()
	s, err := r.c.js.Stream(tctx, r.stream)
	if err != nil {
		return err
	}
	cons, err := s.CreateConsumer(tctx, r.config())
	if err != nil {
		return err
	}
	// Asked after the consumer was made: what the stream holds now and the
	// consumer wants next cannot have been skipped.
	info, err := s.Info(tctx)
	if err != nil {
		return err
	}
	if r.exact && info.State.FirstSeq > r.next {
		return fmt.Errorf("%w: stream begins at %d", ErrLost, info.State.FirstSeq)
	}
	r.limited = info.Config.MaxBytes > 0
	// A new request is sent once half of the messages are used up, so that
	// two may be open: each gets half of the bytes.
	it, err := cons.Messages(
		jetstream.PullMaxMessagesWithBytesLimit(maxReadMessages, r.maxBytes/2),
		jetstream.PullHeartbeat(heartbeat),
		jetstream.WithMessagesErrOnMissingHeartbeat(true),
	)
	if err != nil {
		return err
	}
	r.consumer, r.seen = cons, 0
	r.mu.Lock()
	r.it = it
	r.mu.Unlock()
	return nil
}

// firstSeq asks for the first sequence that the stream still holds.
func (r *reader) firstSeq(ctx context.Context) (uint64, error) {
	tctx, cancel := context.WithTimeout(ctx, r.c.timeout)
	defer cancel()
	s, err := r.c.js.Stream(tctx, r.stream)
	if err != nil {
		return 0, fmt.Errorf("first sequence of %s: %w", r.stream, r.c.mapError(err))
	}
	return s.CachedInfo().State.FirstSeq, nil
}

// dead says why the reader cannot go on, nil if it can.
func (r *reader) dead() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.c.nc.IsClosed() {
		return fmt.Errorf("read %s: %w", r.stream, ErrClosed)
	}
	return nil
}

// stop ends the current iterator; the goroutine that reads makes a new one.
// It may be called from any goroutine.
func (r *reader) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.it != nil {
		r.it.Stop()
	}
}

// drop forgets consumer and iterator.
func (r *reader) drop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.it != nil {
		r.it.Stop()
		r.it = nil
	}
}

func (r *reader) close() {
	r.drop()
	r.mu.Lock()
	was := r.closed
	r.closed = true
	r.mu.Unlock()
	r.c.mu.Lock()
	delete(r.c.readers, r)
	r.c.mu.Unlock()
	if !was && r.consumer != nil && r.c.nc.IsConnected() {
		// If this fails, the server removes the consumer as idle.
		ctx, cancel := context.WithTimeout(context.Background(), time.Second) //nolint:forbidigo // Close has no context
		defer cancel()
		_ = r.c.js.DeleteConsumer(ctx, r.stream, r.consumer.CachedInfo().Name)
	}
}

// minimal leaves out the subjects that others cover: the server refuses a
// consumer whose filters overlap.
func minimal(filter []string) []string {
	var out []string
	for i, f := range filter {
		covered := false
		for k, g := range filter {
			if k != i && covers(g, f) && (g != f || k < i) {
				covered = true
			}
		}
		if !covered {
			out = append(out, f)
		}
	}
	slices.Sort(out)
	return out
}
