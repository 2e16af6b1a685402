package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/robfig/cron/v3"
	"golang.org/x/sync/errgroup"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/internal/wait"
)

// Scheduled is a source with the times at which it is asked.
type Scheduled struct {
	Puller *Puller
	// Times are in the language of cron in the zone of the schedule: "0 6 * * *",
	// "@every 2s". A time that passed while nothing ran is caught up once.
	Times string
	// ReleaseDay is the day of the month before which the source is not asked,
	// because its publisher releases then; 0 is any.
	ReleaseDay int
	// Jitter is how much later than its times at most it is asked.
	Jitter time.Duration
}

// CheckTimes checks the language of times.
func CheckTimes(times string) error {
	_, err := cron.ParseStandard(times)
	return err
}

// Schedule asks sources at their times.
type Schedule struct {
	items []scheduledItem
	log   *slog.Logger
	now   func() time.Time
	heard func(Outcome)
	// paused says of a source that it is not asked now; nil pauses none.
	paused func(context.Context, auyl.SourceID) bool
}

// PausedBy makes the schedule ask before each pull whether the source is paused.
// What became due meanwhile is caught up once. It is to be called before the
// schedule is used.
func (s *Schedule) PausedBy(paused func(context.Context, auyl.SourceID) bool) { s.paused = paused }

// OnPull has the schedule call heard after each pull, of several sources at once.
// It is to be called before the schedule is used.
func (s *Schedule) OnPull(heard func(Outcome)) { s.heard = heard }

type scheduledItem struct {
	p      *Puller
	times  cron.Schedule
	jitter time.Duration
}

// NewSchedule checks the times. zone is the place where they are meant.
func NewSchedule(items []Scheduled, zone *time.Location, now func() time.Time, log *slog.Logger) (*Schedule, error) {
	s := &Schedule{log: log, now: now}
	var faults []error
	for _, it := range items {
		times, err := timesOf(it.Times, it.ReleaseDay, zone)
		if err != nil {
			faults = append(faults, fmt.Errorf("schedule of %s: %q: %w", it.Puller.src.ID, it.Times, err))
			continue
		}
		s.items = append(s.items, scheduledItem{it.Puller, times, it.Jitter})
	}
	return s, errors.Join(faults...)
}

// PullAll asks every source once, one after the other in the order given, so
// that the order of vintages is the same whenever the same is pulled. Sources
// that were asked since begin already, and whose pull came to its end, are left
// out: so a round that was broken off goes on where it stopped. report may be nil;
// it is called after each pull. The error is the first of our own side.
func (s *Schedule) PullAll(ctx context.Context, begin time.Time, report func(Outcome)) error {
	return s.pull(ctx, func(it scheduledItem) bool {
		return it.p.Interrupted() || it.p.LastStarted().Before(begin.Truncate(time.Millisecond))
	}, report)
}

// PullDue is PullAll for the sources whose time has come since their last pull,
// and for those whose last pull was broken off.
func (s *Schedule) PullDue(ctx context.Context, report func(Outcome)) error {
	return s.pull(ctx, func(it scheduledItem) bool {
		last := it.p.LastStarted()
		return it.p.Interrupted() || last.IsZero() || !it.times.Next(last).After(s.now())
	}, report)
}

func (s *Schedule) pull(ctx context.Context, due func(scheduledItem) bool, report func(Outcome)) error {
	for _, it := range s.items {
		if !due(it) || s.isPaused(ctx, it) {
			continue
		}
		out, err := it.p.Pull(ctx)
		if err != nil {
			return err
		}
		s.tell(out)
		if report != nil {
			report(out)
		}
	}
	return nil
}

// Run asks each source at its times until ctx ends, each source by itself, so
// that a slow one holds up no other. It returns the first error of our own side.
func (s *Schedule) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, it := range s.items {
		g.Go(func() error { return s.follow(ctx, it) })
	}
	err := g.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (s *Schedule) follow(ctx context.Context, it scheduledItem) error {
	for {
		if err := wait.For(ctx, it.times.Next(s.now()).Sub(s.now())+jittered(it.times, it.jitter)); err != nil {
			return err
		}
		for s.isPaused(ctx, it) {
			if err := wait.For(ctx, pauseEvery); err != nil {
				return err
			}
		}
		out, err := it.p.Pull(ctx)
		if err != nil {
			return err
		}
		s.tell(out)
	}
}

func (s *Schedule) isPaused(ctx context.Context, it scheduledItem) bool {
	return s.paused != nil && s.paused(ctx, it.p.src.ID)
}

func (s *Schedule) tell(out Outcome) {
	if s.heard != nil {
		s.heard(out)
	}
	log := s.log.With("source", out.Source, "run", out.Run, "status", out.Status, "pages", out.Pages, "bytes", out.Bytes)
	switch {
	case out.Err != nil:
		log.Warn("source pulled with faults", "err", out.Err)
	case out.Status == RunUnchanged:
		log.Debug("source unchanged")
	default:
		log.Info("source pulled")
	}
}

// PullSource asks one source now, whatever its times; known is false where the
// schedule does not have it.
func (s *Schedule) PullSource(ctx context.Context, id auyl.SourceID) (out Outcome, known bool, err error) {
	for _, it := range s.items {
		if it.p.src.ID == id {
			out, err := it.p.Pull(ctx)
			if err == nil {
				s.tell(out)
			}
			return out, true, err
		}
	}
	return Outcome{}, false, nil
}

// NextAfter returns when a source with these times is to be asked after a pull;
// releaseDay as in Scheduled.
func NextAfter(times string, releaseDay int, zone *time.Location, last time.Time) (time.Time, error) {
	s, err := timesOf(times, releaseDay, zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("times %q: %w", times, err)
	}
	return s.Next(last).UTC(), nil
}
