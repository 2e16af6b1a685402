package stream_test

import (
	"errors"
	"testing"
	"time"

	"github.com/auyl-kz/auyl/stream"
)

// In real time: within a bubble the server's file store compares the age of a
// message with the clock outside, and every key is expired at once.
func TestLeaseHasOneHolder(t *testing.T) {
	t.Parallel()
	s, c := serve(t, t.TempDir())
	other := connect(t, s)
	const ttl = 3 * time.Second
	a, err := c.AcquireLease(t.Context(), "sink", "host-a", ttl)
	if err != nil {
		t.Fatal(err)
	}
	var held *stream.HeldError
	_, err = other.AcquireLease(t.Context(), "sink", "host-b", ttl)
	if !errors.As(err, &held) || held.Holder != "host-a" || !errors.Is(err, stream.ErrHeld) {
		t.Fatalf("second AcquireLease: %v, want held by host-a", err)
	}
	if free, err := other.AcquireLease(t.Context(), "fetch", "host-b", ttl); err != nil {
		t.Errorf("a lease of another name: %v", err)
	} else if err := free.Close(); err != nil {
		t.Error(err)
	}
	// Renewed, it outlives its time.
	if _, err := other.WaitLease(within(t, 4*time.Second), "sink", "host-b", ttl); !errors.Is(err, stream.ErrHeld) {
		t.Fatalf("WaitLease for longer than the lease: %v, want held", err)
	}
	select {
	case <-a.Lost():
		t.Fatal("lost though it was renewed")
	default:
	}
	// Given back, it is free at once.
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := other.AcquireLease(t.Context(), "sink", "host-b", ttl)
	if err != nil {
		t.Fatal(err)
	}
	// A holder that loses its connection knows, before anybody else can
	// have the lease.
	gone := time.Now()
	other.Close()
	<-b.Lost()
	lost := time.Since(gone)
	next, err := c.WaitLease(within(t, time.Minute), "sink", "host-a", ttl)
	if err != nil {
		t.Fatal(err)
	}
	if free := time.Since(gone); lost > ttl || free < lost || free > 3*ttl {
		t.Errorf("lost after %v, free after %v, want at most %v and then at most %v", lost, free, ttl, 3*ttl)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}
