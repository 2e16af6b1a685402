package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/stream"
)

// Pause says that a source is not asked, since when, and who wants it so.
type Pause struct {
	By   string `json:"by"`
	Why  string `json:"why"`
	AtMs int64  `json:"at_ms"`
}

const (
	pauseBucket = "auyl_pause"
	pauseKey    = "sources" // one key for all: a running ingest reads it every few seconds
)

// pauseEvery is how old the list may be on which a running ingest acts.
const pauseEvery = 2 * time.Second

// Pauses are the sources that are not asked for the time being. They are kept at
// the server of the streams, so that every ingest of it sees them. It is safe for
// concurrent use.
type Pauses struct {
	kv  *stream.KV
	log *slog.Logger

	mu    sync.Mutex
	asked time.Time
	known map[auyl.SourceID]Pause
}

// OpenPauses opens the list; replicas as those of the streams.
func OpenPauses(ctx context.Context, conn *stream.Conn, replicas int, log *slog.Logger) (*Pauses, error) {
	kv, err := conn.OpenKV(ctx, pauseBucket, replicas)
	if err != nil {
		return nil, fmt.Errorf("pauses: %w", err)
	}
	return &Pauses{kv: kv, log: log}, nil
}

// All returns the sources that are paused.
func (p *Pauses) All(ctx context.Context) (map[auyl.SourceID]Pause, error) {
	all, _, err := p.read(ctx)
	return all, err
}

func (p *Pauses) read(ctx context.Context) (all map[auyl.SourceID]Pause, revision uint64, err error) {
	b, rev, err := p.kv.Get(ctx, pauseKey)
	all = map[auyl.SourceID]Pause{}
	if errors.Is(err, stream.ErrNotFound) {
		return all, 0, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &all)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("pauses: %w", err)
	}
	return all, rev, nil
}

// Set pauses a source. It reports false, with who did it, where it was paused before.
func (p *Pauses) Set(ctx context.Context, id auyl.SourceID, by Pause) (Pause, bool, error) {
	return p.change(ctx, id, func(all map[auyl.SourceID]Pause) { all[id] = by }, false)
}

// Clear lets a source be asked again. It reports false where it was not paused.
func (p *Pauses) Clear(ctx context.Context, id auyl.SourceID) (Pause, bool, error) {
	return p.change(ctx, id, func(all map[auyl.SourceID]Pause) { delete(all, id) }, true)
}

// change writes the list anew where a source is paused, or is not.
func (p *Pauses) change(ctx context.Context, id auyl.SourceID, f func(map[auyl.SourceID]Pause), where bool) (Pause, bool, error) {
	for {
		all, rev, err := p.read(ctx)
		if err != nil {
			return Pause{}, false, err
		}
		was, is := all[id]
		if is != where {
			return was, false, nil
		}
		f(all)
		b, err := json.Marshal(all)
		if err == nil {
			_, err = p.kv.Update(ctx, pauseKey, b, rev)
		}
		if errors.Is(err, stream.ErrFenced) {
			continue // somebody else changed it
		}
		if err != nil {
			return Pause{}, false, fmt.Errorf("pauses: %w", err)
		}
		return was, true, nil
	}
}

// Paused reports whether a source is paused, as of a moment ago. While the server is
// out of reach it is as it was: an outage pauses nothing and resumes nothing.
func (p *Pauses) Paused(ctx context.Context, id auyl.SourceID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); p.known == nil || now.Sub(p.asked) >= pauseEvery {
		p.asked = now
		all, err := p.All(ctx)
		switch {
		case err == nil:
			p.known = maps.Clone(all)
		case ctx.Err() == nil:
			p.log.WarnContext(ctx, "pauses not read", "err", err)
		}
	}
	_, is := p.known[id]
	return is
}
