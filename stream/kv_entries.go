package stream

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// KVEntry is a key as it stands.
type KVEntry struct {
	Key      string
	Value    []byte
	Revision uint64
}

// Entries returns the keys below prefix, empty or ending in a dot, that were written
// after a revision and not deleted, in the order of their revisions. What is
// written meanwhile may be among them, but none is left out below the last.
func (k *KV) Entries(ctx context.Context, prefix string, after uint64) ([]KVEntry, error) {
	opts := []jetstream.WatchOpt{jetstream.IgnoreDeletes()}
	if after > 0 {
		opts = append(opts, jetstream.ResumeFromRevision(after+1))
	}
	ctx, cancel := context.WithTimeout(ctx, k.c.timeout)
	defer cancel()
	w, err := k.kv.Watch(ctx, prefix+">", opts...)
	if err != nil {
		return nil, fmt.Errorf("list %s/%s: %w", k.bucket, prefix, k.c.mapError(err))
	}
	defer w.Stop() //nolint:errcheck // nothing is written, and the server forgets the watcher by itself
	var out []KVEntry
	for {
		select {
		case e, ok := <-w.Updates():
			switch {
			case !ok:
				return nil, fmt.Errorf("list %s/%s: %w", k.bucket, prefix, ErrClosed)
			case e == nil: // all that was there has come
				return out, nil
			}
			out = append(out, KVEntry{e.Key(), e.Value(), e.Revision()})
		case <-ctx.Done():
			return nil, fmt.Errorf("list %s/%s: %w", k.bucket, prefix, ctx.Err())
		}
	}
}
