package send

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrFenced says that another wrote the key since it was read.
	ErrFenced = errors.New("written by another meanwhile")
	// ErrNone says that the ledger has no such key.
	ErrNone = errors.New("not in the ledger")
)

// Ledger is a durable table of keys, each with a revision that grows with every
// write to the ledger. Keys hold letters, digits, dots, hyphens.
type Ledger interface {
	// Get returns a value and its revision, or ErrNone.
	Get(ctx context.Context, key string) (value []byte, revision uint64, err error)
	// Update writes a key durably if its revision is still the expected one, 0 if
	// there must be none, and returns the new one. Errors: ErrFenced. After any
	// other error the write may have happened.
	Update(ctx context.Context, key string, value []byte, expected uint64) (revision uint64, err error)
	// Entries returns the keys that begin with prefix, which is empty or ends in a
	// dot, and that were written after a revision, in the order of their revisions.
	Entries(ctx context.Context, prefix string, after uint64) ([]Entry, error)
}

// Entry is a key as it stands.
type Entry struct {
	Key      string
	Value    []byte
	Revision uint64
}

func read(ctx context.Context, l Ledger, key string, v any) (revision uint64, err error) {
	b, revision, err := l.Get(ctx, key)
	if err != nil {
		return 0, err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return 0, fmt.Errorf("read %s of the ledger: %w", key, err)
	}
	return revision, nil
}

func update(ctx context.Context, l Ledger, key string, v any, expected uint64) (uint64, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return 0, fmt.Errorf("encode %s for the ledger: %w", key, err)
	}
	return l.Update(ctx, key, b, expected)
}

// History are the runs and deliveries of a ledger, each as it stands, and the
// newest revision among them.
type History struct {
	Runs       []RunEntry
	Deliveries []DeliveryEntry
	Revision   uint64
}

// RunEntry is a run with the revision of its key.
type RunEntry struct {
	Run
	Revision uint64
}

// DeliveryEntry is a delivery with the revision of its key.
type DeliveryEntry struct {
	Delivery
	Revision uint64
}

// ReadHistory reads what was written to the ledger after a revision.
func ReadHistory(ctx context.Context, l Ledger, after uint64) (History, error) {
	h := History{Revision: after}
	// All of them at once: of two lists the second could hold what was written
	// after something that the first missed.
	entries, err := l.Entries(ctx, "", after)
	if err != nil {
		return h, fmt.Errorf("read history: %w", err)
	}
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Key, runPrefix):
			r := RunEntry{Revision: e.Revision}
			err = json.Unmarshal(e.Value, &r.Run)
			h.Runs = append(h.Runs, r)
		case strings.HasPrefix(e.Key, deliveryPrefix):
			d := DeliveryEntry{Revision: e.Revision}
			err = json.Unmarshal(e.Value, &d.Delivery)
			h.Deliveries = append(h.Deliveries, d)
		}
		if err != nil {
			return h, fmt.Errorf("read %s of the ledger: %w", e.Key, err)
		}
		h.Revision = max(h.Revision, e.Revision)
	}
	return h, nil
}

// ReadRun returns the scheduled run of a summary, area and period, or that of an
// edition. Errors: ErrNone.
func ReadRun(ctx context.Context, l Ledger, r Run) (Run, error) {
	var run Run
	if _, err := read(ctx, l, r.Key(), &run); err != nil {
		return run, fmt.Errorf("run %s: %w", r.Key(), err)
	}
	return run, nil
}
