package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/stream"
)

// RawPublisher writes the frames of one source into the RAW stream.
type RawPublisher struct{ p *stream.Publisher }

// OpenRaw opens the publisher of a source behind its last frame.
func OpenRaw(ctx context.Context, conn *stream.Conn, id auyl.SourceID) (*RawPublisher, error) {
	p, err := conn.OpenPublisher(ctx, stream.Raw, "cur.fetch."+string(id))
	if err != nil {
		return nil, err
	}
	return &RawPublisher{p}, nil
}

// State implements Publisher.
func (r *RawPublisher) State() []byte { return r.p.Cursor().Data }

// Seq returns the sequence in RAW of the last frame of the source, 0 at the start.
func (r *RawPublisher) Seq() uint64 { return r.p.Cursor().Seq }

// Publish implements Publisher.
func (r *RawPublisher) Publish(ctx context.Context, msgs []auyl.Payload, state []byte) error {
	_, err := r.p.Publish(ctx, messages(msgs), stream.Next{Data: state})
	return err
}

func messages(payloads []auyl.Payload) []stream.Message {
	out := make([]stream.Message, len(payloads))
	for i, p := range payloads {
		out[i] = stream.Message{Subject: p.Subject, Data: p.Data}
	}
	return out
}

// Objects gives the bytes of pages that are too large to travel.
type Objects interface {
	// Get returns the bytes with this hash. Errors: archive.ErrGone where they were
	// let go on purpose.
	Get(ctx context.Context, sum [32]byte) ([]byte, error)
}

// Loop reads pages from RAW, decodes them and writes what they say to DATA, one
// frame for each. It is the only writer of DATA: a second one is fenced.
type Loop struct {
	conn    *stream.Conn
	decoder *Decoder
	objects Objects
	sweeper *Sweeper // nil: nothing is let go
	done    atomic.Uint64
	report  func(Decoding)
	before  *Before // nil: nothing was decoded before
}

// Decoding says what one frame of RAW was.
type Decoding struct {
	In, Out int          // messages
	Bytes   int          // of the messages read; a page that is too large to travel is not among them
	Flows   []*wire.Flow // what became of the records, a page each; not to be kept
	Took    time.Duration
}

// OnFrame has the loop call report after each frame that is published. It is to be
// called before Run.
func (l *Loop) OnFrame(report func(Decoding)) { l.report = report }

// NewLoop returns the loop around a decoder.
func NewLoop(conn *stream.Conn, d *Decoder, objects Objects) *Loop {
	return &Loop{conn: conn, decoder: d, objects: objects}
}

// Done returns the sequence in RAW up to which everything has been decoded and
// published.
func (l *Loop) Done() uint64 { return l.done.Load() }

// Run decodes until ctx ends. It returns nil when ctx ended, stream.ErrFenced
// when another decoder took over, and an error for what it cannot go on without:
// a stream, or a raw object that is gone.
func (l *Loop) Run(ctx context.Context) error {
	out, err := l.conn.OpenPublisher(ctx, stream.Data, "cur.decode")
	if err != nil {
		return err
	}
	at := out.Cursor().InputSeq
	l.done.Store(at)
	if err := l.sweep(ctx, at); err != nil { // what a crash left behind
		return err
	}
	frames, err := l.conn.OpenFrames(ctx, stream.Raw, []string{"raw.>"}, "cur.fetch.>", at+1, stream.ReadOptions{})
	if err != nil {
		return err
	}
	defer frames.Close() //nolint:errcheck,contextcheck // only read
	for {
		f, err := frames.Next(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("decode: %w", err)
		}
		begin := time.Now()
		var payloads []auyl.Payload
		var flows []*wire.Flow
		decided := false
		if l.before != nil {
			payloads, decided, err = l.again(ctx, f)
		}
		if err == nil && !decided {
			payloads, flows, err = l.decode(ctx, f)
		}
		if err != nil {
			return fmt.Errorf("decode: raw sequence %d: %w", f.Cursor.Seq, err)
		}
		if _, err := out.Publish(ctx, messages(payloads), stream.Next{InputSeq: f.Cursor.Seq}); err != nil {
			if ctx.Err() != nil && !errors.Is(err, stream.ErrFenced) {
				return nil
			}
			return fmt.Errorf("decode: %w", err)
		}
		if l.passes(f) {
			if err := l.sweep(ctx, f.Cursor.Seq); err != nil {
				return err
			}
		}
		l.done.Store(f.Cursor.Seq)
		if l.report != nil {
			l.report(Decoding{In: len(f.Messages), Out: len(payloads), Bytes: f.Bytes, Flows: flows, Took: time.Since(begin)})
		}
	}
}

func (l *Loop) decode(ctx context.Context, f stream.Frame) (out []auyl.Payload, flows []*wire.Flow, err error) {
	for _, m := range f.Messages {
		var page wire.RawPage
		if err := wire.Unmarshal(m.Data, &page); err != nil {
			return nil, nil, err
		}
		if r := page.GetReplay(); r != nil {
			page.GetVintage().ReplaySeq, page.GetVintage().ReplayedAtMs = f.Cursor.Seq, r.GetAskedAtMs()
		} else {
			page.GetVintage().RawSeq = f.Cursor.Seq
		}
		if end := page.GetRunEnd(); end != nil {
			data, err := wire.Marshal(end)
			if err != nil {
				return nil, nil, err
			}
			out = append(out, auyl.Payload{Subject: "run." + end.GetSource(), Data: data})
			continue
		}
		if page.GetVintage().GetSource() == string(CatalogueSource) {
			p, err := recomputePayload(&page)
			if err != nil {
				return nil, nil, err
			}
			out = append(out, p)
			continue
		}
		body := page.GetData()
		if uint64(len(body)) != page.GetSizeBytes() && !rejects(&page) {
			var err error
			body, err = l.objects.Get(ctx, [32]byte(page.GetVintage().GetRawSha256()))
			if errors.Is(err, archive.ErrGone) {
				if l.before != nil {
					if kept, ok, err := l.before.said(ctx, f.Cursor.Seq); ok || err != nil {
						return kept, nil, err
					}
				}
				d, err := l.decoder.Missing(&page)
				if err != nil {
					return nil, nil, err
				}
				out = append(out, d.Payloads...)
				flows = append(flows, d.Flow)
				continue
			}
			if err != nil {
				return nil, nil, err
			}
		}
		d, err := l.decoder.DecodeAfter(&page, body, l.past(ctx))
		if err != nil {
			return nil, nil, err
		}
		out = append(append(out, d.Payloads...), d.Past...)
		flows = append(flows, d.Flow)
	}
	return out, flows, nil
}
