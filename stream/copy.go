package stream

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Append stores a message as the one with a sequence: the next one of the
// stream. It is how a stream is written again as it was; what belongs to frames
// is written by a [Publisher]. The error is [ErrFenced] if the stream has
// another last sequence.
func (c *Conn) Append(ctx context.Context, stream string, seq uint64, m Message) error {
	h := make(nats.Header, len(m.Header))
	for k, v := range m.Header {
		h.Set(k, v)
	}
	tctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	ack, err := c.js.PublishMsg(tctx, &nats.Msg{Subject: m.Subject, Header: h, Data: m.Data},
		jetstream.WithExpectStream(stream), jetstream.WithExpectLastSequence(seq-1))
	switch {
	case wrongSequence(err):
		return fmt.Errorf("append %s:%d: %w: %w", stream, seq, ErrFenced, err)
	case err != nil:
		return fmt.Errorf("append %s:%d: %w", stream, seq, c.mapError(err))
	case ack.Sequence != seq:
		return fmt.Errorf("append %s:%d: stored as %d: %w", stream, seq, ack.Sequence, ErrFenced)
	}
	return nil
}

// Copy writes the messages of a stream into the stream of the same name of
// another server, each under its own sequence, and returns when all that was
// there at the call is there. It goes on behind what the other stream holds: a
// copy that was broken off is finished by the next one. said is called after
// each message; it may be nil.
//
// The error is [ErrLost] if the stream does not begin with its first message,
// and [ErrFenced] if somebody else writes to the copy.
func Copy(ctx context.Context, from, to *Conn, stream string, said func(done, until uint64)) error {
	until, err := from.LastSeq(ctx, stream)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	done, err := to.LastSeq(ctx, stream)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	if done >= until {
		return nil
	}
	in, err := from.OpenMessages(ctx, stream, nil, done+1, ReadOptions{})
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	defer func() { _ = in.Close() }() //nolint:contextcheck // it was only read from
	for done < until {
		m, err := in.Next(ctx)
		if err != nil {
			return fmt.Errorf("copy: %w", err)
		}
		if err := to.Append(ctx, stream, m.Seq, m.Message); err != nil {
			return fmt.Errorf("copy: %w", err)
		}
		if done = m.Seq; said != nil {
			said(done, until)
		}
	}
	return nil
}
