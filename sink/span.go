package sink

import (
	"context"
	"strings"

	"github.com/auyl-kz/auyl/stream"
)

// tableNames are the tables, in the order of span.messages.
var tableNames = [...]string{"observation", "event", "dead_letter", "flow", "ingest_run", "indicator_value"} //nolint:gochecknoglobals // fixed table

// tableOf says into which table the messages of a subject go, as an index into tableNames; -1 for those that go nowhere:
// cursors, and what one stage says to the next (ind.x).
func tableOf(subject string) int {
	kind, rest, _ := strings.Cut(subject, ".")
	switch kind {
	case "obs":
		if rest == "recompute" { // what decode says to the stages
			return -1
		}
		return 0
	case "evt":
		return 1
	case "dead":
		return 2
	case "flow":
		return 3
	case "run":
		return 4
	case "ind":
		if !strings.HasPrefix(rest, "x.") {
			return 5
		}
	}
	return -1
}

// span is a range of the stream: all its messages from first to last, by table.
type span struct {
	first, last uint64
	bytes, n    int
	messages    [len(tableNames)][][]byte
}

func (r *span) add(m stream.Msg) {
	r.last = m.Seq
	r.n++
	if t := tableOf(m.Subject); t >= 0 {
		r.messages[t] = append(r.messages[t], m.Data)
		r.bytes += len(m.Data)
	}
}

// cutter decides where a range ends.
type cutter struct {
	o    Options
	ends []uint64 // ranges that were decided before: nothing but these sequences ends them
	next uint64   // first sequence of the range after the one in work
}

// full reports whether the range ends with what it has.
func (c *cutter) full(r *span) bool {
	if len(c.ends) > 0 {
		return r.last >= c.ends[0]
	}
	return r.bytes >= c.o.MaxBytes || r.n >= c.o.MaxMessages
}

// cut reads messages from a sequence on and sends ranges until ctx ends.
func (s *Sink) cut(ctx context.Context, c *cutter, from uint64, out chan<- *span) error {
	in, err := s.conn.OpenMessages(ctx, s.stream, nil, from, stream.ReadOptions{})
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() //nolint:contextcheck // it was only read from; closing waits for nothing
	c.next = from
	for {
		if err := c.span(ctx, in, out); err != nil {
			return err
		}
	}
}

// reader is what a cutter reads from.
type reader interface {
	Next(ctx context.Context) (stream.Msg, error)
}

// span reads the next range and hands it over. It waits for the first message as long as need be, and for others until
// Linger is over and somebody is free to take the range: while all are busy, it grows.
func (c *cutter) span(ctx context.Context, in reader, out chan<- *span) error {
	m, err := in.Next(ctx)
	if err != nil {
		return err
	}
	r := &span{first: c.next}
	r.add(m)
	for !c.full(r) {
		if err := c.grow(ctx, in, r); err != nil {
			return err
		}
		if len(c.ends) > 0 || c.full(r) {
			continue
		}
		c.next = r.last + 1
		select {
		case out <- r:
			return nil
		default:
		}
	}
	if len(c.ends) > 0 {
		r.last = c.ends[0] // the sequence that was written down; the message itself may be gone
		c.ends = c.ends[1:]
	}
	c.next = r.last + 1
	select {
	case out <- r:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// grow adds messages until the range is full, or for as long as Linger where no end was decided before.
func (c *cutter) grow(ctx context.Context, in reader, r *span) error {
	lctx, cancel := ctx, context.CancelFunc(func() {})
	if len(c.ends) == 0 {
		lctx, cancel = context.WithTimeout(ctx, c.o.Linger)
	}
	defer cancel()
	for !c.full(r) {
		m, err := in.Next(lctx)
		if err != nil {
			if ctx.Err() == nil && lctx.Err() != nil {
				return nil // a pause: what is here may go
			}
			return err
		}
		r.add(m)
	}
	return nil
}
