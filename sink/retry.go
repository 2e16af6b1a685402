package sink

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// insertion is what one table gets of a range.
type insertion struct {
	table, token string
	messages     [][]byte
}

// untilStored repeats an insert until it is stored or refused for good, or the ledger is somebody else's.
func (s *Sink) untilStored(ctx context.Context, l *ledger, i insertion, again bool) error {
	wait := s.o.MinBackoff
	for attempt := 1; ; attempt++ {
		store := s.tables.Insert
		if again || attempt > 1 {
			if err := l.held(ctx); err != nil {
				return err
			}
			store = s.tables.Repeat
		}
		err := store(ctx, i.table, i.token, i.messages)
		if err == nil {
			if attempt > 1 {
				s.log.InfoContext(ctx, "insert caught up", "table", i.table, "token", i.token, "attempt", attempt)
			}
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !temporary(err) {
			return err
		}
		s.log.WarnContext(ctx, "insert delayed", "table", i.table, "token", i.token, "attempt", attempt, "wait", wait, "err", err)
		// Half of the wait is chance, so that sinks that lost the same engine do not come back at one instant.
		timer := time.NewTimer(wait/2 + rand.N(wait/2+1)) //nolint:gosec // spreads load, decides nothing
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		wait = min(2*wait, s.o.MaxBackoff)
	}
}

func temporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}
