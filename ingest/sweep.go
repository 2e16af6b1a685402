package ingest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/stream"
)

// Sweeper lets go of raw objects that their contracts do not keep, once they were
// decoded.
//
// Such an object is put down under the sequence of the last frame of its source
// (archive.Once). A source has one writer, so the next frame of it is either the
// one that refers to the object, or proof that none ever will: the pull was broken
// off and put the bytes down again, or the writer was fenced. Hence the rule: an
// object may go when its source has gone on, and all that the source has published
// is decoded. It compares cursors that are durable and goes by no clock, so that a
// crash at any point leaves an object that the next sweep finds, and never takes one
// that is still to be decoded.
type Sweeper struct {
	conn  *stream.Conn
	store *archive.Store
	now   func() time.Time
}

// NewSweeper returns a sweeper of an archive. now dates its notes.
func NewSweeper(conn *stream.Conn, store *archive.Store, now func() time.Time) *Sweeper {
	return &Sweeper{conn: conn, store: store, now: now}
}

// Sweep lets go of what was decoded, with RAW decoded up to a sequence, and
// returns how many objects went.
func (s *Sweeper) Sweep(ctx context.Context, decoded uint64) (int, error) {
	// Listed before the cursors are read: an object that is put down meanwhile is
	// not among them, and so none stands under a later sequence than its source has.
	var there []archive.Object
	err := s.store.Passing(ctx, func(o archive.Object) error {
		there = append(there, o)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("sweep: %w", err)
	}
	last := map[string]uint64{}
	n := 0
	for _, o := range there {
		at, ok := last[o.Source]
		if !ok {
			p, err := s.conn.OpenPublisher(ctx, stream.Raw, "cur.fetch."+o.Source)
			if err != nil {
				return n, fmt.Errorf("sweep: %w", err)
			}
			at = p.Cursor().Seq
			last[o.Source] = at
		}
		// One under a later sequence is of streams that are gone.
		if o.After == at || at > decoded {
			continue
		}
		if err := s.store.LetGo(ctx, o, archive.Note{Reason: "decoded, and its contract says raw: drop", At: s.now().UTC()}); err != nil {
			return n, fmt.Errorf("sweep: %w", err)
		}
		n++
	}
	return n, nil
}

// Sweeping makes the loop sweep when it starts and behind each frame of a source
// whose pages are not kept.
func (l *Loop) Sweeping(s *Sweeper) { l.sweeper = s }

func (l *Loop) sweep(ctx context.Context, decoded uint64) error {
	if l.sweeper == nil {
		return nil
	}
	if _, err := l.sweeper.Sweep(ctx, decoded); err != nil && ctx.Err() == nil {
		return err
	}
	return nil // one that was broken off is made up by the next start
}

// passes reports whether a frame is of a source whose pages are not kept.
func (l *Loop) passes(f stream.Frame) bool {
	for _, m := range f.Messages {
		if c := l.decoder.contracts[auyl.SourceID(strings.TrimPrefix(m.Subject, "raw."))]; c != nil && c.KeepRaw() == schemas.RawDrop {
			return true
		}
	}
	return false
}
