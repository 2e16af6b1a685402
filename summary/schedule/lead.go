package schedule

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Lease says that this scheduler, of several, is the one that sends.
type Lease interface {
	// Lost is closed when another may have it.
	Lost() <-chan struct{}
	// Close gives it back.
	Close() error
}

// leasePause is between two tries to get a lease from a server that does not answer.
const leasePause = 5 * time.Second

// Lead runs while this process has the lease, and waits for it while another has
// it; acquire waits. A lease is a courtesy: should two lead for a moment, the
// ledger lets one of them send each summary.
func (s *Scheduler) Lead(ctx context.Context, acquire func(context.Context) (Lease, error)) error {
	for {
		lease, err := acquire(ctx)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return nil //nolint:nilerr // asked to stop
		default:
			s.o.Logger.WarnContext(ctx, "lease of summaries not taken", "err", err)
			t := time.NewTimer(leasePause)
			select {
			case <-ctx.Done():
				t.Stop()
				return nil
			case <-t.C:
			}
			continue
		}
		if err := s.hold(ctx, lease); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // asked to stop
		}
	}
}

// hold runs until the lease is lost or ctx ends.
func (s *Scheduler) hold(ctx context.Context, lease Lease) error {
	leading, stop := context.WithCancel(ctx)
	defer stop()
	lost := make(chan struct{})
	go func() { // joined below
		defer close(lost)
		select {
		case <-lease.Lost():
			s.o.Logger.WarnContext(ctx, "another scheduler sends the summaries")
			stop()
		case <-leading.Done():
		}
	}()
	err := s.Run(leading)
	stop()
	<-lost
	if cerr := lease.Close(); cerr != nil {
		err = errors.Join(err, fmt.Errorf("give back the lease of summaries: %w", cerr))
	}
	return err
}
