package ingest

import (
	"context"
	"fmt"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/stream"
)

// Before is what was decoded once, for a loop that decodes all of RAW again. Two
// kinds of pages cannot be decoded to what they gave then:
//
//   - those whose bytes were let go, since their contracts do not keep them;
//   - those of which records were refused and replayed: under the contract as it is
//     now they would never have been refused, and what was known before the replay
//     would be another story than the one that was told.
//
// The frames of both are taken over as they stand in the old DATA. Without an old
// DATA the first are dead letters, and the second are decoded under the contract as
// it is now, with nothing left for the replays to say.
type Before struct {
	frames   *stream.Frames
	until    uint64          // last sequence of the old DATA
	pending  *stream.Frame   // the one read last
	replayed map[uint64]bool // raw_seq of pages that a replay took up
}

// OpenBefore reads which pages were replayed, from raw, and opens the old DATA;
// old is nil where there is none. The caller closes.
func OpenBefore(ctx context.Context, raw, old *stream.Conn) (b *Before, err error) {
	b = &Before{replayed: map[uint64]bool{}}
	if err := b.replays(ctx, raw); err != nil {
		return nil, fmt.Errorf("read replays: %w", err)
	}
	if old == nil {
		return b, nil
	}
	if b.until, err = old.LastSeq(ctx, stream.Data); err != nil || b.until == 0 {
		return b, err
	}
	b.frames, err = old.OpenFrames(ctx, stream.Data, []string{"obs.>", "evt.>", "dead.>", "flow.>", "run.>", "past.>"}, "cur.decode", 0, stream.ReadOptions{})
	return b, err
}

// Close gives the old stream back.
func (b *Before) Close() error {
	if b.frames == nil {
		return nil
	}
	return b.frames.Close()
}

func (b *Before) replays(ctx context.Context, raw *stream.Conn) error {
	msgs, err := raw.OpenMessages(ctx, stream.Raw, []string{"raw.>"}, 0, stream.ReadOptions{})
	if err != nil {
		return err
	}
	defer msgs.Close() //nolint:errcheck,contextcheck // only read
	n, err := msgs.Pending(ctx)
	if err != nil {
		return err
	}
	for range n {
		m, err := msgs.Next(ctx)
		if err != nil {
			return err
		}
		var page wire.RawPage
		if err := wire.Unmarshal(m.Data, &page); err != nil {
			return fmt.Errorf("sequence %d: %w", m.Seq, err)
		}
		if page.GetReplay() != nil {
			b.replayed[page.GetVintage().GetRawSeq()] = true
		}
	}
	return nil
}

// said returns what a frame of RAW gave then, false where the old DATA has no
// answer to it. Frames are asked for in the order of RAW.
func (b *Before) said(ctx context.Context, rawSeq uint64) ([]auyl.Payload, bool, error) {
	for b.frames != nil {
		if b.pending == nil || b.pending.Cursor.InputSeq < rawSeq {
			if b.pending != nil && b.pending.LastSeq >= b.until {
				return nil, false, nil
			}
			f, err := b.frames.Next(ctx) // a frame is stored whole, so there is one
			if err != nil {
				return nil, false, err
			}
			b.pending = &f
			continue
		}
		if b.pending.Cursor.InputSeq > rawSeq {
			return nil, false, nil
		}
		out := make([]auyl.Payload, len(b.pending.Messages))
		for i, m := range b.pending.Messages {
			out[i] = auyl.Payload{Subject: m.Subject, Data: m.Data}
		}
		return out, true, nil
	}
	return nil, false, nil
}

// Again has the loop decode what was decoded before. It is to be called before Run.
func (l *Loop) Again(b *Before) { l.before = b }

// again answers a frame that a replay has to do with. decided is false where the
// frame is to be decoded like a new one.
func (l *Loop) again(ctx context.Context, f stream.Frame) (out []auyl.Payload, decided bool, err error) {
	replay := false
	for _, m := range f.Messages {
		var page wire.RawPage
		if err := wire.Unmarshal(m.Data, &page); err != nil {
			return nil, false, err
		}
		replay = replay || page.GetReplay() != nil
	}
	if !replay && !l.before.replayed[f.Cursor.Seq] {
		return nil, false, nil
	}
	out, ok, err := l.before.said(ctx, f.Cursor.Seq)
	return out, ok || replay, err
}
