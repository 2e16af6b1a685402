package stream

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// KV is a small table of keys in the server, each with a revision that grows
// with every write. It is safe for concurrent use.
type KV struct {
	c      *Conn
	bucket string
	kv     jetstream.KeyValue
}

// OpenKV opens a bucket and creates it if it does not exist. replicas is used
// only then; 0 means 1.
func (c *Conn) OpenKV(ctx context.Context, bucket string, replicas int) (*KV, error) {
	return c.openKV(ctx, jetstream.KeyValueConfig{Bucket: bucket, Storage: jetstream.FileStorage, Replicas: max(replicas, 1)})
}

func (c *Conn) openKV(ctx context.Context, cfg jetstream.KeyValueConfig) (*KV, error) {
	kv, err := c.js.KeyValue(ctx, cfg.Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = c.js.CreateOrUpdateKeyValue(ctx, cfg)
	}
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", cfg.Bucket, c.mapError(err))
	}
	return &KV{c: c, bucket: cfg.Bucket, kv: kv}, nil
}

// Get returns the value of a key and its revision, or [ErrNotFound]. In a
// cluster the value may lag; a write with an old revision is then fenced.
func (k *KV) Get(ctx context.Context, key string) (value []byte, revision uint64, err error) {
	e, err := k.kv.Get(ctx, key)
	if err != nil {
		return nil, 0, fmt.Errorf("get %s/%s: %w", k.bucket, key, k.c.mapError(err))
	}
	return e.Value(), e.Revision(), nil
}

// Put writes a key whatever its revision and returns the new one.
func (k *KV) Put(ctx context.Context, key string, value []byte) (revision uint64, err error) {
	rev, err := k.kv.Put(ctx, key, value)
	if err != nil {
		return 0, fmt.Errorf("put %s/%s: %w", k.bucket, key, k.c.mapError(err))
	}
	return rev, nil
}

// Update writes a key if its revision is still the expected one, 0 if it must
// not exist, and returns the new revision. The error is [ErrFenced] if another
// write came first. After any other error the write may have happened: Get
// tells.
func (k *KV) Update(ctx context.Context, key string, value []byte, expected uint64) (revision uint64, err error) {
	var rev uint64
	if expected == 0 {
		rev, err = k.kv.Create(ctx, key, value)
	} else {
		rev, err = k.kv.Update(ctx, key, value, expected)
	}
	if err != nil {
		if wrongSequence(err) || errors.Is(err, jetstream.ErrKeyExists) {
			err = fmt.Errorf("%w: %w", ErrFenced, err)
		}
		return 0, fmt.Errorf("update %s/%s at revision %d: %w", k.bucket, key, expected, k.c.mapError(err))
	}
	return rev, nil
}

// Delete removes a key if its revision is still the expected one; the error is
// [ErrFenced] if it is not.
func (k *KV) Delete(ctx context.Context, key string, expected uint64) error {
	if err := k.kv.Delete(ctx, key, jetstream.LastRevision(expected)); err != nil {
		if wrongSequence(err) {
			err = fmt.Errorf("%w: %w", ErrFenced, err)
		}
		return fmt.Errorf("delete %s/%s at revision %d: %w", k.bucket, key, expected, k.c.mapError(err))
	}
	return nil
}
