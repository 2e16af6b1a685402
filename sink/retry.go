package sink

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// untilStored repeats an insert until it is stored or refused for good.
func (s *Sink) untilStored(ctx context.Context, table, token string, messages [][]byte, again bool) error {
	wait := s.o.MinBackoff
	for attempt := 1; ; attempt++ {
		store := s.tables.Insert
		if again || attempt > 1 {
			store = s.tables.Repeat
		}
		err := store(ctx, table, token, messages)
		if err == nil {
			if attempt > 1 {
				s.log.InfoContext(ctx, "insert caught up", "table", table, "token", token, "attempt", attempt)
			}
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !temporary(err) {
			return err
		}
		s.log.WarnContext(ctx, "insert delayed", "table", table, "token", token, "attempt", attempt, "wait", wait, "err", err)
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
