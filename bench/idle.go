package main

import (
	"context"
	"fmt"
	"time"
)

// idle measures the processor time that auyl and its engine take while no source is
// due: whatever polls faster than its schedule shows here.
func idle(ctx context.Context, h *house, pid, engine int) ([]figure, error) {
	took := h.pick(60, 5)
	before := [2]float64{}
	var err error
	for i, p := range []int{pid, engine} {
		if _, before[i], err = cpu(p); err != nil {
			return nil, err
		}
	}
	began := time.Now()
	if err := rest(ctx, time.Duration(took)*time.Second); err != nil {
		return nil, err
	}
	seconds := time.Since(began).Seconds()
	var share [2]float64
	for i, p := range []int{pid, engine} {
		_, after, err := cpu(p)
		if err != nil {
			return nil, err
		}
		share[i] = (after - before[i]) / seconds * 100
	}
	note := fmt.Sprintf("%d contracts, no source due, %d s", len(h.Contracts), took)
	return []figure{
		{Name: "processor time of the Go process at rest", Value: share[0], Unit: "% of a core", Budget: 1, Most: true, Note: note},
		{Name: "processor time of the engine at rest", Value: share[1], Unit: "% of a core", Note: "merges and its own threads"},
	}, nil
}

// rest waits, or returns why not.
func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
