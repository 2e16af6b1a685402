package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest/push"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/stream"
)

// maxNonces bounds what is remembered of one source, which travels with each of
// its frames.
const maxNonces = 5000

// Push takes one page that came of itself, as a run of its own: page, end of the
// run and nonce are one frame, so that after a crash all of them are there or
// none. The page is the one that we have, and is not published, where its bytes
// are. Errors: push.ErrReplay, push.ErrBusy, and those of archive and stream.
func (p *Puller) Push(ctx context.Context, pg Page, nonce string, until time.Time) (Outcome, error) {
	next := p.state.clone()
	next.Nonces = maps.Clone(next.Nonces)
	now := p.clock.now().UnixMilli()
	maps.DeleteFunc(next.Nonces, func(_ string, ms int64) bool { return ms < now })
	switch _, had := next.Nonces[nonce]; {
	case had:
		return Outcome{}, push.ErrReplay
	case len(next.Nonces) >= maxNonces:
		return Outcome{}, push.ErrBusy
	case next.Nonces == nil:
		next.Nonces = map[string]int64{}
	}
	next.Nonces[nonce] = until.UnixMilli()
	next.Run++
	next.Open, next.RunPages, next.RunBytes = false, 0, 0
	begin := p.clock.Next()
	next.StartedMs = begin.UnixMilli()
	out := Outcome{Source: p.src.ID, Run: p.src.runID(next.Run), Status: RunUnchanged}

	sum := sha256.Sum256(pg.Body)
	name := hex.EncodeToString(sum[:])
	var msgs []*wire.RawPage
	if p.state.Pages[pg.Key].SHA256 != name {
		if _, err := p.store.Put(ctx, pg.Body); err != nil {
			return out, err
		}
		at := p.clock.Next()
		msg := p.message(at, 1, pg, sum)
		msg.Vintage.Run = out.Run
		msgs = append(msgs, msg)
		next.Pages[pg.Key] = Known{SHA256: name, AtMs: at.UnixMilli()}
		out.Status, out.Pages, out.Bytes = RunOK, 1, uint64(len(pg.Body))
		next.RunPages, next.RunBytes = out.Pages, out.Bytes
	}
	at := p.clock.Next()
	next.LastRecordedMs = at.UnixMilli()
	end := &wire.RawPage{
		Vintage: p.vintage(at, 0, [sha256.Size]byte{}),
		RunEnd: &wire.RunEnd{
			Source: string(p.src.ID), Run: out.Run, Status: out.Status, Pages: out.Pages, Bytes: out.Bytes,
			StartedAtMs: next.StartedMs, FinishedAtMs: at.UnixMilli(), Origin: uint32(p.src.Origin),
		},
	}
	end.Vintage.Run = out.Run
	if err := p.publish(ctx, next, append(msgs, end)...); err != nil {
		return out, fmt.Errorf("push %s: %w", p.src.ID, err)
	}
	return out, nil
}

// Inbox stores what is pushed, each source by itself and one delivery at a time.
// It is safe for concurrent use.
type Inbox struct {
	open func(context.Context, auyl.SourceID) (*Puller, error)

	mu      sync.Mutex
	sources map[auyl.SourceID]*pushed
}

type pushed struct {
	turn chan struct{} // held while a delivery is stored
	p    *Puller       // nil until it is opened, and after an error
}

// NewInbox returns an inbox that opens the puller of a source at its first
// delivery, and anew after an error: another process may have written since.
func NewInbox(open func(context.Context, auyl.SourceID) (*Puller, error)) *Inbox {
	return &Inbox{open: open, sources: map[auyl.SourceID]*pushed{}}
}

// pushTime bounds the storing of one delivery; the sender waits that long.
const pushTime = 20 * time.Second

// Push implements push.Store.
func (b *Inbox) Push(ctx context.Context, d push.Delivery) (push.Receipt, error) {
	// A sender that hangs up does not leave a frame of unknown outcome behind.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pushTime)
	defer cancel()
	id := auyl.SourceID(d.Source)
	b.mu.Lock()
	s := b.sources[id]
	if s == nil {
		s = &pushed{turn: make(chan struct{}, 1)}
		b.sources[id] = s
	}
	b.mu.Unlock()
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return push.Receipt{}, ctx.Err()
	}
	out, err := b.store(ctx, s, id, d)
	if errors.Is(err, stream.ErrFenced) {
		out, err = b.store(ctx, s, id, d) // behind what the other one wrote
	}
	if err != nil {
		return push.Receipt{}, err
	}
	sum := sha256.Sum256(d.Body)
	return push.Receipt{Run: out.Run, Status: out.Status, SHA256: hex.EncodeToString(sum[:])}, nil
}

func (b *Inbox) store(ctx context.Context, s *pushed, id auyl.SourceID, d push.Delivery) (out Outcome, err error) {
	if s.p == nil {
		if s.p, err = b.open(ctx, id); err != nil {
			s.p = nil
			return out, err
		}
	}
	out, err = s.p.Push(ctx, Page{Key: d.Name, Body: d.Body}, d.Nonce, d.Until)
	if err != nil && !errors.Is(err, push.ErrReplay) && !errors.Is(err, push.ErrBusy) {
		s.p = nil
	}
	return out, err
}
