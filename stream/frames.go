package stream

import (
	"context"
	"fmt"
)

// Frame is one frame as it is read.
type Frame struct {
	Messages []Message // that match the filter, in order, without the cursor message; may be empty
	Seqs     []uint64  // stream sequence of each message
	Cursor   Cursor    // where the frame's publisher stood after it
	FirstSeq uint64    // of the frame, whether or not its first message matches the filter
	LastSeq  uint64    // that of the cursor message: LastSeq+1 is where reading goes on
	Bytes    int       // of Messages, subjects and headers included
}

// Frames reads whole frames in the order of the stream.
type Frames struct {
	r      *reader
	cursor string
	from   uint64
	part   Frame             // messages of the frame that has no end yet
	size   uint64            // messages of the frame whose end was read; 0 before that
	begun  bool              // a frame was returned
	frames map[string]uint64 // number of the last frame of each cursor subject
}

// OpenFrames reads frames from the sequence from on: usually one more than the
// LastSeq of the frame handled last. 0 means the first frame that the stream
// still holds whole.
//
// filter selects messages, cursorSubject their ends. cursorSubject may have
// wildcards: frames of several publishers follow each other, they never
// interleave. It must match the cursor of every frame that has a message
// which filter matches; a message outside such a frame is an error. An empty
// frame, with nothing that matches, is still delivered: its cursor moves on.
func (c *Conn) OpenFrames(ctx context.Context, stream string, filter []string, cursorSubject string, from uint64, o ReadOptions) (*Frames, error) {
	subjects := append([]string{cursorSubject}, filter...)
	r, err := c.openReader(ctx, stream, subjects, from, o)
	if err != nil {
		return nil, fmt.Errorf("open frames of %s: %w", cursorSubject, err)
	}
	return &Frames{r: r, cursor: cursorSubject, from: from, frames: map[string]uint64{}}, nil
}

// Next blocks until a whole frame is there. It returns the error of ctx if
// that ends first; the next call then goes on with nothing missed. [ErrLost]
// says that the stream discarded frames that were not read yet.
//
// The frame being put together comes on top of the bytes in flight.
func (f *Frames) Next(ctx context.Context) (Frame, error) {
	for {
		if f.size == 0 {
			if err := f.gather(ctx); err != nil {
				return Frame{}, err
			}
		}
		cur := f.part.Cursor
		whole, err := f.whole(ctx)
		if err != nil {
			return Frame{}, fmt.Errorf("read frame of %s: frame %d of %s: %w", f.r.stream, cur.Frame, cur.Subject, err)
		}
		frame := f.part
		f.part, f.size = Frame{}, 0
		if !whole {
			continue
		}
		f.begun = true
		f.frames[cur.Subject] = cur.Frame
		return frame, nil
	}
}

// gather reads into f.part up to the next cursor message.
func (f *Frames) gather(ctx context.Context) error {
	for {
		m, err := f.r.read(ctx)
		if err != nil {
			return err
		}
		if !covers(f.cursor, m.Subject()) {
			msg := Message{Subject: m.Subject(), Header: plainHeader(m.Headers()), Data: m.Data()}
			f.part.Messages = append(f.part.Messages, msg)
			f.part.Seqs = append(f.part.Seqs, m.seq)
			f.part.Bytes += messageBytes(msg)
			continue
		}
		cur, size, err := parseCursor(m.Subject(), m.Headers(), m.Data(), m.seq)
		if err != nil {
			return fmt.Errorf("read frame of %s: %w", f.r.stream, err)
		}
		f.part.Cursor, f.part.LastSeq, f.part.FirstSeq, f.size = cur, m.seq, m.seq-size+1, size
		return nil
	}
}

// whole reports whether all messages of the frame f.part were read, as far as
// they match the filter. It is false only for a first frame whose head was
// discarded and that nobody asked for by its sequence.
func (f *Frames) whole(ctx context.Context) (bool, error) {
	p := &f.part
	last, known := f.frames[p.Cursor.Subject]
	switch {
	case p.FirstSeq < f.from:
		return false, fmt.Errorf("begins at %d, before the wanted sequence %d", p.FirstSeq, f.from)
	case len(p.Seqs) > 0 && p.Seqs[0] < p.FirstSeq:
		return false, fmt.Errorf("message %d (%s) belongs to no frame of %s", p.Seqs[0], p.Messages[0].Subject, f.cursor)
	case known && p.Cursor.Frame != last+1:
		return false, fmt.Errorf("%w: follows frame %d", ErrLost, last)
	case uint64(len(p.Seqs))+1 == f.size, f.begun && !f.r.limited:
		return true, nil
	}
	// Fewer messages than the frame has: the filter left them out, or the
	// stream has discarded them.
	first, err := f.r.firstSeq(ctx)
	switch {
	case err != nil:
		return false, err
	case first <= p.FirstSeq:
		return true, nil
	case f.from == 0 && !f.begun:
		return false, nil
	}
	return false, fmt.Errorf("%w: begins at %d, the stream at %d", ErrLost, p.FirstSeq, first)
}

// TryNext returns a frame if there is an unread one now, else false.
func (f *Frames) TryNext(ctx context.Context) (Frame, bool, error) {
	n, err := f.Pending(ctx)
	if err != nil || n == 0 {
		return Frame{}, false, err
	}
	// A frame is stored at once: if there is a message, there is its end.
	frame, err := f.Next(ctx)
	return frame, err == nil, err
}

// Pending counts the messages, cursor messages included, of the frames that
// Next has not returned. 0 means that the reader is at the end of the stream:
// whatever was acknowledged to a publisher before the call is counted. A call
// costs about as much as publishing a small frame.
func (f *Frames) Pending(ctx context.Context) (uint64, error) {
	n, err := f.r.pending(ctx)
	if err != nil {
		return 0, err
	}
	if f.size > 0 {
		n++ // the cursor message
	}
	return n + uint64(len(f.part.Messages)), nil
}

// Close gives the reader back. It may be called twice.
func (f *Frames) Close() error {
	f.r.close()
	return nil
}

// Messages reads single messages, without regard to frames.
type Messages struct{ r *reader }

// OpenMessages reads the messages that match one of the subjects in filter
// (all, if there are none), from the sequence from on. 0 means the first that
// the stream holds.
func (c *Conn) OpenMessages(ctx context.Context, stream string, filter []string, from uint64, o ReadOptions) (*Messages, error) {
	r, err := c.openReader(ctx, stream, filter, from, o)
	if err != nil {
		return nil, fmt.Errorf("open messages: %w", err)
	}
	return &Messages{r}, nil
}

// Next blocks until there is a message. It returns the error of ctx if that
// ends first; the next call then goes on with nothing missed. [ErrLost] says
// that the stream discarded messages that were not read yet.
func (m *Messages) Next(ctx context.Context) (Msg, error) {
	d, err := m.r.read(ctx)
	if err != nil {
		return Msg{}, err
	}
	return Msg{
		Message: Message{Subject: d.Subject(), Header: plainHeader(d.Headers()), Data: d.Data()},
		Seq:     d.seq,
		Time:    d.time,
	}, nil
}

// Pending counts the matching messages that Next has not returned.
func (m *Messages) Pending(ctx context.Context) (uint64, error) { return m.r.pending(ctx) }

// Close gives the reader back. It may be called twice.
func (m *Messages) Close() error {
	m.r.close()
	return nil
}
