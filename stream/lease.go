package stream

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/auyl-kz/auyl/internal/wait"
)

// ErrHeld says that somebody else has a lease; see [HeldError].
var ErrHeld = errors.New("lease is held")

// HeldError says who has a lease. It matches [ErrHeld].
type HeldError struct {
	Name   string
	Holder string // as given to AcquireLease
}

// Error names the lease and its holder.
func (e *HeldError) Error() string { return fmt.Sprintf("lease %s is held by %s", e.Name, e.Holder) }

// Is reports whether target is [ErrHeld].
func (e *HeldError) Is(target error) bool { return target == ErrHeld }

// minLease is the shortest time to live: the server looks for expired keys
// at intervals, and the holder renews three times in it.
const minLease = time.Second

// Lease says that, of all processes at one server, this one does a job. It is
// a courtesy, not a fence: a holder that was suspended may learn late that it
// lost the lease. What must not happen twice is fenced by its own cursor.
type Lease struct {
	name   string
	kv     *KV
	value  []byte
	ttl    time.Duration
	lost   chan struct{}
	cancel context.CancelFunc
	done   chan struct{} // closed when renew has returned
	rev    uint64        // belongs to renew until done is closed

	once sync.Once
	err  error // of Close
}

const leaseKey = "holder"

// AcquireLease takes the lease name, or returns a [HeldError] at once if
// somebody has it; an earlier life of the same holder counts as somebody. It
// is renewed until Close; if the process dies, the lease is free after ttl (at
// least 1 s; what the first process asks for holds for all). holder is for
// people: host and process, say.
//
// ctx bounds the acquisition, not the lease.
func (c *Conn) AcquireLease(ctx context.Context, name, holder string, ttl time.Duration) (*Lease, error) {
	// A bucket for each lease, as the time to live belongs to the bucket:
	// that of a single key cannot be renewed.
	kv, err := c.openKV(ctx, jetstream.KeyValueConfig{
		Bucket: "lease_" + strings.NewReplacer(".", "_", " ", "_").Replace(name), TTL: max(ttl, minLease), History: 1,
	})
	if err != nil {
		return nil, fmt.Errorf("acquire lease %s: %w", name, err)
	}
	status, err := kv.kv.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("acquire lease %s: %w", name, c.mapError(err))
	}
	value := []byte(holder + "\x00" + rand.Text())
	asked := time.Now()
	rev, err := kv.Update(ctx, leaseKey, value, 0)
	if errors.Is(err, ErrFenced) {
		held := &HeldError{Name: name, Holder: "another process"}
		if v, _, gerr := kv.Get(ctx, leaseKey); gerr == nil {
			held.Holder, _, _ = strings.Cut(string(v), "\x00")
		}
		return nil, held
	}
	if err != nil {
		return nil, fmt.Errorf("acquire lease %s: %w", name, err)
	}
	rctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l := &Lease{
		name: name, kv: kv, value: value, ttl: status.TTL(), rev: rev,
		lost: make(chan struct{}), cancel: cancel, done: make(chan struct{}),
	}
	go l.renew(rctx, asked) // Close waits for it
	return l, nil
}

// WaitLease is AcquireLease that waits while somebody else has the lease.
func (c *Conn) WaitLease(ctx context.Context, name, holder string, ttl time.Duration) (*Lease, error) {
	for {
		l, err := c.AcquireLease(ctx, name, holder, ttl)
		if err == nil || !errors.Is(err, ErrHeld) {
			return l, err
		}
		if perr := wait.For(ctx, max(ttl, minLease)/3); perr != nil {
			return nil, fmt.Errorf("%w (%w)", perr, err)
		}
	}
}

// Lost is closed when the lease is no longer ours, at the latest when the
// server may have given it to somebody else. Close does not close it.
func (l *Lease) Lost() <-chan struct{} { return l.lost }

// renew writes the key anew until it fails for good or ctx ends. asked is when
// the last successful write was sent: the server counts from later than that.
func (l *Lease) renew(ctx context.Context, asked time.Time) {
	defer close(l.done)
	for {
		if wait.For(ctx, l.ttl/3) != nil {
			return
		}
		now := time.Now()
		tctx, cancel := context.WithDeadline(ctx, asked.Add(l.ttl))
		rev, err := l.kv.Update(tctx, leaseKey, l.value, l.rev)
		cancel()
		if errors.Is(err, ErrFenced) {
			// Perhaps by our own write, whose answer did not arrive.
			if v, r, gerr := l.kv.Get(ctx, leaseKey); gerr == nil && bytes.Equal(v, l.value) {
				rev, err = r, nil
			}
		}
		switch {
		case err == nil:
			l.rev, asked = rev, now
		case ctx.Err() != nil:
			return
		case errors.Is(err, ErrFenced), errors.Is(err, ErrClosed), !time.Now().Before(asked.Add(l.ttl)):
			l.kv.c.log.WarnContext(ctx, "lease lost", "lease", l.name, "err", err)
			close(l.lost)
			return
		}
	}
}

// Close gives the lease back, so that the next can take it at once. It may be
// called twice, and after Lost.
func (l *Lease) Close() error {
	l.once.Do(func() {
		l.cancel()
		<-l.done
		select {
		case <-l.lost:
			return
		default:
		}
		ctx, cancel := context.WithTimeout(context.Background(), l.kv.c.timeout) //nolint:forbidigo // Close has no context
		defer cancel()
		if err := l.kv.Delete(ctx, leaseKey, l.rev); err != nil && !errors.Is(err, ErrFenced) {
			l.err = fmt.Errorf("release lease %s: %w", l.name, err)
		}
	})
	return l.err
}
