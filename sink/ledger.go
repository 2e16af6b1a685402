package sink

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/auyl-kz/auyl/stream"
)

// ledger is what the sink knows of its work, as one value under the name of the stream.
type ledger struct {
	ID   string   `json:"id"`   // drawn when the ledger was begun; part of every token
	Done uint64   `json:"done"` // all messages up to this sequence are stored
	Open []uint64 `json:"open"` // last sequences of the ranges in work, in order; the first begins at Done+1

	kv  *stream.KV
	key string

	mu       sync.Mutex // for held beside save
	revision uint64
}

func openLedger(ctx context.Context, conn *stream.Conn, bucket, name string, replicas int) (*ledger, error) {
	kv, err := conn.OpenKV(ctx, bucket, replicas)
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	l := &ledger{kv: kv, key: name}
	value, revision, err := kv.Get(ctx, name)
	switch {
	case errors.Is(err, stream.ErrNotFound):
		l.ID = rand.Text()[:12]
		if err := l.save(ctx); err != nil {
			return nil, err
		}
		return l, nil
	case err != nil:
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	if err := json.Unmarshal(value, l); err != nil {
		return nil, fmt.Errorf("read ledger of %s: %w", name, err)
	}
	l.revision = revision
	// Whoever opens the ledger takes it over: a sink that is still running is fenced by its next write.
	if err := l.save(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// begin writes down that a range up to last is going to be inserted. With it goes how far the ranges before have come.
func (l *ledger) begin(ctx context.Context, last uint64) error {
	l.Open = append(l.Open, last)
	return l.save(ctx)
}

// save writes the ledger unless somebody else did since.
func (l *ledger) save(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	value, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encode ledger: %w", err)
	}
	revision, err := l.kv.Update(ctx, l.key, value, l.revision)
	if err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	l.revision = revision
	return nil
}

// held returns stream.ErrFenced when another sink has taken the ledger over: before an insert is repeated it must be sure
// that nobody else repeats it.
func (l *ledger) held(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, revision, err := l.kv.Get(ctx, l.key)
	if err != nil {
		return fmt.Errorf("look at ledger: %w", err)
	}
	if revision != l.revision {
		return fmt.Errorf("ledger of %s: %w", l.key, stream.ErrFenced)
	}
	return nil
}

// Forget makes the sink of a stream begin anew, for tables that were lost: with
// another ledger come other tokens, so that everything is stored again. Into
// tables that still hold rows it would store them twice.
func Forget(ctx context.Context, conn *stream.Conn, name string, o Options) error {
	o = o.withDefaults()
	kv, err := conn.OpenKV(ctx, o.Bucket, o.Replicas)
	if err != nil {
		return fmt.Errorf("forget ledger of %s: %w", name, err)
	}
	_, revision, err := kv.Get(ctx, name)
	if errors.Is(err, stream.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = kv.Delete(ctx, name, revision)
	}
	if err != nil {
		return fmt.Errorf("forget ledger of %s: %w", name, err)
	}
	return nil
}

// Stored reads up to which sequence the rows of a stream are known to be stored,
// without taking the ledger over; 0 where no sink has begun.
func Stored(ctx context.Context, conn *stream.Conn, name string, o Options) (uint64, error) {
	o = o.withDefaults()
	kv, err := conn.OpenKV(ctx, o.Bucket, o.Replicas)
	if err != nil {
		return 0, fmt.Errorf("read ledger of %s: %w", name, err)
	}
	value, _, err := kv.Get(ctx, name)
	if errors.Is(err, stream.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read ledger of %s: %w", name, err)
	}
	var l ledger
	if err := json.Unmarshal(value, &l); err != nil {
		return 0, fmt.Errorf("read ledger of %s: %w", name, err)
	}
	return l.Done, nil
}
