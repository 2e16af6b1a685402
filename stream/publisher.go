package stream

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"github.com/auyl-kz/auyl/internal/wait"
)

// Headers of a cursor message.
const (
	headerPrefix   = "Auyl-"
	headerInputSeq = "Auyl-Input-Seq"  // last input sequence that the frame answers
	headerFrame    = "Auyl-Frame"      // number of the frame on its cursor subject, from 1
	headerSize     = "Auyl-Frame-Size" // messages of the frame, the cursor message included
	headerID       = "Auyl-Frame-Id"   // random, tells a frame from another writer's of the same number
)

// maxIncomplete bounds the repeats after the server gave up a batch. A lost
// connection or too many open batches cause it once or twice; if it goes on,
// the cause is not one that waiting mends.
const maxIncomplete = 10

// Cursor is the position that a frame carries in its last message.
type Cursor struct {
	Subject  string            // the cursor subject
	InputSeq uint64            // sequence of the input, or of the last message of the input frame; may be 0
	Frame    uint64            // from 1, by one; 0 if there is no frame yet
	Seq      uint64            // stream sequence of the cursor message; 0 if there is none
	Header   map[string]string // what the publisher gave as Next.Header; nil if nothing
	Data     []byte            // what the publisher gave as Next.Data
}

// Next says what the cursor message of a new frame carries.
type Next struct {
	InputSeq uint64            // 0 for a stage without an input stream
	Data     []byte            // state of the stage that belongs to this position
	Header   map[string]string // names must not begin with Auyl- or Nats-
}

// Publisher publishes the frames of one cursor subject. It serves one frame
// at a time; concurrent calls wait for each other.
type Publisher struct {
	c        *Conn
	stream   string
	subject  string
	subjects []string // of the stream

	mu     sync.Mutex
	cursor Cursor
	unsure bool // a frame was given up without knowing its outcome
}

// OpenPublisher opens a publisher behind the last frame of a cursor subject.
// Two open publishers of one subject do not harm: the one that publishes
// second is fenced.
func (c *Conn) OpenPublisher(ctx context.Context, stream, cursorSubject string) (*Publisher, error) {
	if strings.ContainsAny(cursorSubject, "*> \t\r\n") || cursorSubject == "" {
		return nil, fmt.Errorf("open publisher %s: cursor subject %q is not a plain subject", stream, cursorSubject)
	}
	s, err := c.js.Stream(ctx, stream)
	if err != nil {
		return nil, fmt.Errorf("open publisher %s %s: %w", stream, cursorSubject, c.mapError(err))
	}
	p := &Publisher{c: c, stream: stream, subject: cursorSubject, subjects: s.CachedInfo().Config.Subjects}
	if !p.holds(cursorSubject) {
		return nil, fmt.Errorf("open publisher %s: stream does not hold subject %s", stream, cursorSubject)
	}
	cur, _, err := p.read(ctx)
	if err != nil {
		return nil, fmt.Errorf("open publisher %s %s: %w", stream, cursorSubject, err)
	}
	p.cursor = cur
	return p, nil
}

// Cursor returns the last cursor known; its Frame is 0 if there was none.
func (p *Publisher) Cursor() Cursor {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cursor
}

// Publish stores msgs and the cursor message as one frame: all or nothing, and
// durable as the server's settings promise once it has returned. msgs may be
// empty.
//
// It waits out a server that is away, until ctx ends, and never stores a frame
// twice: each attempt is fenced by the sequence of the frame before, and an
// attempt without an answer is looked up by its id. The errors to tell apart
// are [ErrFenced], [ErrFrameTooLarge], [ErrMessageTooLarge], and [ErrUnsure]:
// if ctx ended while an answer was due, this and every later call return it.
func (p *Publisher) Publish(ctx context.Context, msgs []Message, next Next) (Cursor, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	wrap := func(err error) error {
		return fmt.Errorf("publish frame %d of %s: %w", p.cursor.Frame+1, p.subject, err)
	}
	if p.unsure {
		return Cursor{}, wrap(ErrUnsure)
	}
	if err := p.check(msgs, next); err != nil {
		return Cursor{}, wrap(err)
	}
	f := frame{
		msgs: msgs,
		id:   rand.Text(),
		want: Cursor{Subject: p.subject, InputSeq: next.InputSeq, Frame: p.cursor.Frame + 1, Header: maps.Clone(next.Header), Data: next.Data},
	}
	incomplete := 0
	sent := false // some attempt may have reached the server
	for try := 1; ; try++ {
		seq, err := p.attempt(ctx, f, &sent)
		if err == nil {
			return p.moved(f, seq), nil
		}
		var api *jetstream.APIError
		answered := errors.As(err, &api)
		gaveUp := answered && api.ErrorCode == jetstreamext.JSErrCodeBatchPublishIncomplete
		if gaveUp {
			incomplete++
		}
		again := wrongSequence(err) || temporary(err) || gaveUp && incomplete <= maxIncomplete
		if !again || ctx.Err() != nil {
			err = p.c.mapError(err)
			if sent && !answered {
				p.unsure = true
				err = fmt.Errorf("%w: %w", ErrUnsure, err)
			}
			return Cursor{}, wrap(err)
		}
		// No answer, or a refusal that may be caused by our own earlier
		// attempt: the stream knows.
		cur, id, rerr := p.settle(ctx, try, sent)
		switch {
		case rerr != nil:
			if sent {
				p.unsure = true
				rerr = fmt.Errorf("%w: %w", ErrUnsure, rerr)
			}
			return Cursor{}, wrap(fmt.Errorf("%w (after: %w)", rerr, err))
		case id == f.id:
			return p.moved(f, cur.Seq), nil
		case cur.Seq != p.cursor.Seq:
			return Cursor{}, wrap(fmt.Errorf("%w: frame %d at sequence %d", ErrFenced, cur.Frame, cur.Seq))
		}
		p.c.log.WarnContext(ctx, "publish frame: trying again", "subject", p.subject, "frame", f.want.Frame, "try", try, "err", err)
	}
}

// frame is one call of Publish, the same over its attempts.
type frame struct {
	msgs []Message
	id   string
	want Cursor
}

// moved takes over the cursor of a stored frame.
func (p *Publisher) moved(f frame, seq uint64) Cursor {
	p.cursor = f.want
	p.cursor.Seq = seq
	p.cursor.Data = append([]byte(nil), f.want.Data...)
	return p.cursor
}

// attempt sends the frame once and returns the sequence of its cursor message.
func (p *Publisher) attempt(ctx context.Context, f frame, sent *bool) (uint64, error) {
	select {
	case p.c.batches <- struct{}{}:
		defer func() { <-p.c.batches }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	b, err := jetstreamext.NewBatchPublisher(p.c.js, jetstreamext.BatchFlowControl{AckFirst: false, AckTimeout: p.c.timeout})
	if err != nil {
		return 0, err
	}
	for _, m := range f.msgs {
		if err := ctx.Err(); err != nil {
			return 0, ctx.Err()
		}
		if err := b.AddMsg(natsMsg(m)); err != nil {
			return 0, err
		}
	}
	last := natsMsg(Message{Subject: p.subject, Header: f.want.Header, Data: f.want.Data})
	last.Header.Set(headerInputSeq, strconv.FormatUint(f.want.InputSeq, 10))
	last.Header.Set(headerFrame, strconv.FormatUint(f.want.Frame, 10))
	last.Header.Set(headerSize, strconv.Itoa(len(f.msgs)+1))
	last.Header.Set(headerID, f.id)
	tctx, cancel := context.WithTimeout(ctx, p.c.timeout)
	defer cancel()
	*sent = true
	ack, err := b.CommitMsg(tctx, last, jetstreamext.WithBatchExpectLastSequencePerSubject(p.cursor.Seq))
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// settle waits a little and reads the cursor, until it has an answer or ctx
// ends. Without anything sent the cursor can still have been moved by others.
func (p *Publisher) settle(ctx context.Context, try int, sent bool) (Cursor, string, error) {
	for ; ; try++ {
		if err := wait.For(ctx, backoff(try)); err != nil {
			return Cursor{}, "", err
		}
		cur, id, err := p.read(ctx)
		if err == nil {
			return cur, id, nil
		}
		if ctx.Err() != nil || !temporary(err) {
			return Cursor{}, "", p.c.mapError(err)
		}
		p.c.log.WarnContext(ctx, "read cursor: trying again", "subject", p.subject, "try", try, "sent", sent, "err", err)
	}
}

// read returns the last cursor in the stream and the id of its frame.
func (p *Publisher) read(ctx context.Context) (Cursor, string, error) {
	tctx, cancel := context.WithTimeout(ctx, p.c.timeout)
	defer cancel()
	s, err := p.c.js.Stream(tctx, p.stream)
	if err != nil {
		return Cursor{}, "", err
	}
	m, err := s.GetLastMsgForSubject(tctx, p.subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Cursor{Subject: p.subject}, "", nil
	}
	if err != nil {
		return Cursor{}, "", err
	}
	cur, _, err := parseCursor(m.Subject, m.Header, m.Data, m.Sequence)
	return cur, m.Header.Get(headerID), err
}

// check refuses what the server would refuse, before anything is sent.
func (p *Publisher) check(msgs []Message, next Next) error {
	if n := len(msgs) + 1; n > MaxFrameMessages {
		return fmt.Errorf("%w: %d with the cursor message, at most %d", ErrFrameTooLarge, n, MaxFrameMessages)
	}
	for k := range next.Header {
		if strings.HasPrefix(k, headerPrefix) {
			return fmt.Errorf("header %s of the cursor message is reserved", k)
		}
	}
	for i, m := range msgs {
		if m.Subject == p.subject {
			return fmt.Errorf("message %d: subject %s is that of the cursor", i, m.Subject)
		}
		if err := p.checkMessage(m); err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
	}
	if err := p.checkMessage(Message{Subject: p.subject, Header: next.Header, Data: next.Data}); err != nil {
		return fmt.Errorf("cursor message: %w", err)
	}
	return nil
}

// headerRoom is what the headers of the batch and of the cursor take at most:
// measured 330 bytes, doubled.
const headerRoom = 700

func (p *Publisher) checkMessage(m Message) error {
	if strings.ContainsAny(m.Subject, "*> \t\r\n") || !p.holds(m.Subject) {
		// A subject of another stream would only show as a batch that is
		// never complete.
		return fmt.Errorf("stream %s does not hold subject %q", p.stream, m.Subject)
	}
	for k := range m.Header {
		if strings.HasPrefix(k, natsPrefix) {
			return fmt.Errorf("header %s is reserved", k)
		}
	}
	if n, limit := messageBytes(m)+headerRoom, p.c.nc.MaxPayload(); int64(n) > limit {
		return fmt.Errorf("%w: %d bytes of data, at most about %d", ErrMessageTooLarge, len(m.Data), limit-headerRoom)
	}
	return nil
}

// holds reports whether the stream takes a subject.
func (p *Publisher) holds(subject string) bool {
	for _, s := range p.subjects {
		if covers(s, subject) {
			return true
		}
	}
	return false
}

// wrongSequence reports whether the server refused a write because the last
// message of the subject is not the one expected. It has two codes for it.
func wrongSequence(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// natsMsg makes a message for one attempt: sending adds headers to it.
func natsMsg(m Message) *nats.Msg {
	h := make(nats.Header, len(m.Header)+6)
	for k, v := range m.Header {
		h.Set(k, v)
	}
	return &nats.Msg{Subject: m.Subject, Header: h, Data: m.Data}
}

// messageBytes is the size of a message as it travels.
func messageBytes(m Message) int {
	n := len(m.Subject) + len(m.Data)
	for k, v := range m.Header {
		n += len(k) + len(v) + 4
	}
	return n
}

// parseCursor reads a cursor message and the number of messages of its frame.
func parseCursor(subject string, h nats.Header, data []byte, seq uint64) (Cursor, uint64, error) {
	cur := Cursor{Subject: subject, Seq: seq, Data: data}
	var size uint64
	for name, dst := range map[string]*uint64{headerInputSeq: &cur.InputSeq, headerFrame: &cur.Frame, headerSize: &size} {
		v, err := strconv.ParseUint(h.Get(name), 10, 64)
		if err != nil {
			return Cursor{}, 0, fmt.Errorf("cursor message %s:%d: header %s is %q, want a number", subject, seq, name, h.Get(name))
		}
		*dst = v
	}
	if size == 0 || size > seq || cur.Frame == 0 {
		return Cursor{}, 0, fmt.Errorf("cursor message %s:%d: frame %d of %d messages", subject, seq, cur.Frame, size)
	}
	for k, v := range plainHeader(h) {
		if strings.HasPrefix(k, headerPrefix) {
			continue
		}
		if cur.Header == nil {
			cur.Header = map[string]string{}
		}
		cur.Header[k] = v
	}
	return cur, size, nil
}
