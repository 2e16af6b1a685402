package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
	"time"

	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/stream"
)

// ErrOtherRaw says that the stream RAW is not the one that the journal of the
// archive tells of: it was lost, or belongs to another archive.
var ErrOtherRaw = errors.New("the stream RAW is not the one of the raw archive")

const (
	// journalLinger is how long entries wait for others: a segment is a file.
	journalLinger = 100 * time.Millisecond
	// journalBytes ends a segment.
	journalBytes = 4 << 20
)

// Journaler keeps the journal of the archive up with RAW, so that the archive
// alone says what came when, from whom and in which order.
type Journaler struct {
	conn *stream.Conn
	j    *archive.Journal
	done atomic.Uint64
}

// OpenJournaler holds the journal against the stream. Errors: ErrOtherRaw;
// archive.ErrJournal.
func OpenJournaler(ctx context.Context, conn *stream.Conn, store *archive.Store) (*Journaler, error) {
	j, err := store.Journal(ctx)
	if err != nil {
		return nil, err
	}
	last, err := conn.LastSeq(ctx, stream.Raw)
	if err != nil {
		return nil, err
	}
	if last < j.Last() {
		return nil, fmt.Errorf("%w: it ends at sequence %d, the journal at %d", ErrOtherRaw, last, j.Last())
	}
	if j.Last() > 0 {
		var has archive.Entry
		if err := j.Read(ctx, j.Last(), func(e archive.Entry) error { has = e; return nil }); err != nil {
			return nil, err
		}
		m, err := conn.Get(ctx, stream.Raw, j.Last())
		if err != nil {
			return nil, fmt.Errorf("hold journal against RAW: %w", err)
		}
		if is, err := entryOf(has.Seq, m); err != nil || !sameEntry(is, has) {
			return nil, errors.Join(fmt.Errorf("%w: sequence %d is another message", ErrOtherRaw, has.Seq), err)
		}
	}
	w := &Journaler{conn: conn, j: j}
	w.done.Store(j.Last())
	return w, nil
}

// Done returns the sequence of RAW up to which the journal is durable.
func (w *Journaler) Done() uint64 { return w.done.Load() }

// Run writes what RAW says until ctx ends, and then returns nil.
func (w *Journaler) Run(ctx context.Context) error {
	in, err := w.conn.OpenMessages(ctx, stream.Raw, nil, w.j.Last()+1, stream.ReadOptions{})
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck,contextcheck // only read
	for {
		entries, err := nextEntries(ctx, in)
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			err = w.j.Append(ctx, entries)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		w.done.Store(w.j.Last())
	}
}

// nextEntries reads whole frames: as many as come in a row. A frame is stored at
// once, so that its end is there when its beginning is.
func nextEntries(ctx context.Context, in *stream.Messages) ([]archive.Entry, error) {
	m, err := in.Next(ctx)
	if err != nil {
		return nil, err
	}
	row, cancel := context.WithTimeout(ctx, journalLinger)
	defer cancel()
	var out []archive.Entry
	size := 0
	for {
		e, err := entryOf(m.Seq, m.Message)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
		size += len(e.Data)
		if whole := strings.HasPrefix(m.Subject, "cur."); !whole {
			m, err = in.Next(ctx)
		} else if size >= journalBytes {
			return out, nil
		} else if m, err = in.Next(row); err != nil && ctx.Err() == nil && row.Err() != nil {
			return out, nil // a pause
		}
		if err != nil {
			return nil, err
		}
	}
}

// entryOf is what the journal keeps of a message: of a page that the archive has
// under its hash all but the bytes.
func entryOf(seq uint64, m stream.Message) (archive.Entry, error) {
	e := archive.Entry{Seq: seq, Subject: m.Subject, Header: m.Header, Data: m.Data}
	if !strings.HasPrefix(m.Subject, "raw.") {
		return e, nil
	}
	var page wire.RawPage
	if err := wire.Unmarshal(m.Data, &page); err != nil {
		return e, fmt.Errorf("sequence %d: %w", seq, err)
	}
	body := page.GetData()
	if len(body) == 0 {
		return e, nil
	}
	// A message that another version wrote may not come out the same: it is kept whole.
	again, err := wire.Marshal(&page)
	if err != nil || !bytes.Equal(again, m.Data) {
		return e, err
	}
	page.Data = nil
	e.Object = true
	e.Data, err = wire.Marshal(&page)
	return e, err
}

func sameEntry(a, b archive.Entry) bool {
	return a.Seq == b.Seq && a.Subject == b.Subject && a.Object == b.Object && bytes.Equal(a.Data, b.Data) && maps.Equal(a.Header, b.Header)
}

// Restore writes RAW as the journal tells it, with the bytes of pages from the
// archive, into a stream that holds nothing or the beginning of it. A page whose
// bytes were let go comes without them. said is called after each message; it may
// be nil.
func Restore(ctx context.Context, j *archive.Journal, objects Objects, to *stream.Conn, said func(done, until uint64)) error {
	done, err := to.LastSeq(ctx, stream.Raw)
	if err != nil {
		return err
	}
	err = j.Read(ctx, done+1, func(e archive.Entry) error {
		m := stream.Message{Subject: e.Subject, Header: e.Header, Data: e.Data}
		if e.Object {
			var page wire.RawPage
			if err := wire.Unmarshal(e.Data, &page); err != nil {
				return fmt.Errorf("sequence %d: %w", e.Seq, err)
			}
			body, err := objects.Get(ctx, [32]byte(page.GetVintage().GetRawSha256()))
			if err != nil && !errors.Is(err, archive.ErrGone) {
				return fmt.Errorf("sequence %d: %w", e.Seq, err)
			}
			page.Data = body
			if m.Data, err = wire.Marshal(&page); err != nil {
				return err
			}
		}
		if err := to.Append(ctx, stream.Raw, e.Seq, m); err != nil {
			return err
		}
		if said != nil {
			said(e.Seq, j.Last())
		}
		return ctx.Err()
	})
	if err != nil {
		return fmt.Errorf("restore RAW: %w", err)
	}
	return nil
}

// VerifyJournal reads the journal through and holds each entry against RAW. It
// returns how many entries it has, and how many messages of RAW wait for theirs.
// Errors: archive.ErrJournal, ErrOtherRaw.
func VerifyJournal(ctx context.Context, conn *stream.Conn, store *archive.Store) (entries, behind uint64, err error) {
	j, err := store.Journal(ctx)
	if err != nil {
		return 0, 0, err
	}
	last, err := conn.LastSeq(ctx, stream.Raw)
	if err != nil {
		return 0, 0, err
	}
	if last < j.Last() {
		return 0, 0, fmt.Errorf("%w: it ends at sequence %d, the journal at %d", ErrOtherRaw, last, j.Last())
	}
	in, err := conn.OpenMessages(ctx, stream.Raw, nil, 1, stream.ReadOptions{})
	if err != nil {
		return 0, 0, err
	}
	defer in.Close() //nolint:errcheck,contextcheck // only read
	err = j.Read(ctx, 1, func(has archive.Entry) error {
		m, err := in.Next(ctx)
		if err != nil {
			return err
		}
		is, err := entryOf(m.Seq, m.Message)
		if err != nil {
			return err
		}
		if !sameEntry(is, has) {
			return fmt.Errorf("%w: sequence %d is another message", ErrOtherRaw, has.Seq)
		}
		entries++
		return nil
	})
	return entries, last - j.Last(), err
}
