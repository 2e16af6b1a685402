// Package schedule opens the runs of summaries when their time has come, waits
// for their data up to a deadline, and has them delivered.
//
// Of each summary, area and period there is one scheduled run, ever: its record
// in the ledger is what a clock that jumps, a second scheduler or a restart comes
// up against. Times are read on the clock of a zone, and each time of that clock
// is one instant: an hour that a zone leaves out does not swallow what was meant
// for it, and one that it has twice does not fire twice.
package schedule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/summary/send"
)

// Declaration says when a summary is made and who gets it.
type Declaration struct {
	Summary string // its ID
	Version int
	Areas   []auyl.AreaCode
	// Freq is that of its period: the last whole one before its time.
	Freq auyl.Freq
	// Times are in the language of cron on the clock of Zone: "0 9 5 * *".
	Times string
	Zone  *time.Location
	// WaitFor names what has to be there first, in the words of Completeness. At
	// the next of the times of Deadline the summary is sent with what is missing
	// said at its top: "0 9 12 * *" is the morning of the 12th.
	WaitFor  []string
	Deadline string
	// All has every time that passed while nothing ran made up for; otherwise the
	// last is, and those before are noted as skipped.
	All        bool
	Recipients []send.Recipient
}

// Completeness says what is missing for a summary, in words for its top.
type Completeness interface {
	Missing(ctx context.Context, d Declaration, area auyl.AreaCode, period auyl.Period) ([]string, error)
	// Worth reports whether there is anything to send: an alert of which no rule
	// fires is not sent.
	Worth(ctx context.Context, d Declaration, area auyl.AreaCode, period auyl.Period) (bool, error)
}

// Deliverer brings runs to recipients; a *send.Sender is one.
type Deliverer interface {
	Deliver(ctx context.Context, run send.Run, to []send.Recipient) (send.Tally, error)
}

// Options of a Scheduler; the zero value is ready to use.
type Options struct {
	// Poll is how often data that are waited for, refusals for a time and the
	// clock itself are looked at; 0 means 1 min.
	Poll time.Duration
	// Tolerance is how long after its time a summary is not yet late; 0 means 1 h.
	Tolerance time.Duration
	// First has a schedule that the ledger does not know yet make the summary of
	// its last time at once: for an example, where nobody waits for the 5th.
	First bool
	Now   func() time.Time // the wall clock; nil is time.Now
	// Looked is called after each look at the schedules, to show what changed to
	// readers; may be nil.
	Looked func(ctx context.Context) error
	Logger *slog.Logger // nil is silent
}

// Scheduler opens runs and has them delivered.
type Scheduler struct {
	ledger   send.Ledger
	deliver  Deliverer
	complete Completeness
	items    []item
	o        Options

	seen uint64              // revision up to which runs were read
	work map[string]send.Run // not yet done or skipped
	revs map[string]uint64
}

type item struct {
	Declaration
	times, deadline *times
}

// New checks the declarations. Their recipients were checked by whoever read them.
func New(l send.Ledger, d Deliverer, c Completeness, list []Declaration, o Options) (*Scheduler, error) {
	if o.Poll == 0 {
		o.Poll = time.Minute
	}
	if o.Tolerance == 0 {
		o.Tolerance = time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Scheduler{ledger: l, deliver: d, complete: c, o: o, work: map[string]send.Run{}, revs: map[string]uint64{}}
	var faults []error
	names := map[string]bool{}
	for _, d := range list {
		it := item{Declaration: d}
		err := d.check()
		if err == nil {
			it.times, err = parseTimes(d.Times, d.Zone)
		}
		if err == nil && d.Deadline != "" {
			it.deadline, err = parseTimes(d.Deadline, d.Zone)
		}
		if err == nil && names[d.Summary] {
			err = errors.New("is declared twice")
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("schedule of %s: %w", d.Summary, err))
		}
		names[d.Summary] = true
		s.items = append(s.items, it)
	}
	return s, errors.Join(faults...)
}

func (d *Declaration) check() error {
	switch {
	case d.Summary == "" || strings.ContainsFunc(d.Summary, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }):
		return fmt.Errorf("summary %q: want small letters, digits and hyphens", d.Summary)
	case d.Zone == nil:
		return errors.New("no zone")
	case len(d.Areas) == 0:
		return errors.New("no area")
	case (len(d.WaitFor) == 0) != (d.Deadline == ""):
		return errors.New("want wait_for and deadline, or neither")
	}
	_, err := auyl.ParseFreq(d.Freq.String())
	return err
}

// mark is up to where the times of a declaration are accounted for.
type mark struct {
	Seen time.Time `json:"seen"`
}

// Run looks at the schedules until ctx ends. What one look could not do, because
// a table or a ledger is out of reach, the next one does. One goroutine at a time
// may use a Scheduler.
func (s *Scheduler) Run(ctx context.Context) error {
	for {
		next, err := s.Look(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // asked to stop
		}
		if err != nil {
			s.o.Logger.ErrorContext(ctx, "summaries not looked after", "err", err)
		}
		// Never longer than Poll: a timer runs on, whatever is done to the wall clock.
		wait := s.o.Poll
		if !next.IsZero() {
			wait = min(wait, max(next.Sub(s.o.Now()), time.Second))
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return nil
		case <-t.C:
		}
	}
}

// Look opens what is due, moves what is open, and returns when the next time of a
// schedule comes. It goes on after an error, and returns all of them.
func (s *Scheduler) Look(ctx context.Context) (next time.Time, err error) {
	var faults []error
	for i := range s.items {
		t, err := s.account(ctx, &s.items[i])
		if err != nil {
			faults = append(faults, fmt.Errorf("schedule of %s: %w", s.items[i].Summary, err))
		}
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if err := s.read(ctx); err != nil {
		return next, errors.Join(append(faults, err)...)
	}
	for _, key := range slices.Sorted(maps.Keys(s.work)) {
		if err := ctx.Err(); err != nil {
			return next, errors.Join(append(faults, err)...)
		}
		if err := s.move(ctx, key); err != nil && !errors.Is(err, send.ErrFenced) {
			faults = append(faults, err)
		}
	}
	if s.o.Looked != nil {
		if err := s.o.Looked(ctx); err != nil {
			faults = append(faults, err)
		}
	}
	return next, errors.Join(faults...)
}

func (s *Scheduler) now() time.Time { return s.o.Now().UTC().Truncate(time.Millisecond) }

// mostTimes bounds how many times that passed are made up for at once.
const mostTimes = 1000

// account opens a run for each time that has come, and returns the next one.
func (s *Scheduler) account(ctx context.Context, it *item) (next time.Time, err error) {
	now := s.now()
	key := "sch." + it.Summary
	var m mark
	value, revision, err := s.ledger.Get(ctx, key)
	switch {
	case errors.Is(err, send.ErrNone):
		// The first start: what was before it is nobody's wish, unless First.
		if last := it.times.last(now); s.o.First && !last.IsZero() {
			if last, err = s.whole(ctx, it, last); err != nil {
				return now, err
			}
			if err := s.open(ctx, it, last, send.Waiting, now); err != nil {
				return now, err
			}
		}
		return it.times.next(now), s.keep(ctx, key, mark{now}, 0)
	case err != nil:
		return now, err
	}
	if err := json.Unmarshal(value, &m); err != nil {
		return now, fmt.Errorf("read %s of the ledger: %w", key, err)
	}
	if now.Before(m.Seen) {
		// The clock was set back. The times that come again find their runs there.
		s.o.Logger.WarnContext(ctx, "clock was set back", "summary", it.Summary, "from", m.Seen, "to", now)
		m.Seen = now
		return it.times.next(now), s.keep(ctx, key, m, revision)
	}
	var due []time.Time
	for next = it.times.next(m.Seen); !next.IsZero() && !next.After(now); next = it.times.next(next) {
		if due = append(due, next); len(due) > mostTimes {
			due = due[1:]
		}
	}
	if len(due) == 0 {
		return next, nil
	}
	last := it.period(due[len(due)-1])
	for _, at := range due {
		state := send.Waiting
		if !it.All && it.period(at) != last {
			state = send.Skipped
		}
		if err := s.open(ctx, it, at, state, at); err != nil {
			return now, err
		}
	}
	// After the runs: a crash between them and this finds them there.
	m.Seen = due[len(due)-1]
	return next, s.keep(ctx, key, m, revision)
}

// whole goes back from a time to the newest for which nothing is missing, at most
// half a dozen times: who sees a first summary should see one with figures.
func (s *Scheduler) whole(ctx context.Context, it *item, last time.Time) (time.Time, error) {
	at := last
	for range 6 {
		if len(it.WaitFor) == 0 || len(it.Areas) == 0 || at.IsZero() {
			return last, nil
		}
		missing, err := s.complete.Missing(ctx, it.Declaration, it.Areas[0], it.period(at))
		if err != nil {
			return last, fmt.Errorf("%s: what is missing: %w", it.Summary, err)
		}
		if len(missing) == 0 {
			return at, nil
		}
		at = it.times.last(at.Add(-time.Second))
	}
	return last, nil
}

func (s *Scheduler) keep(ctx context.Context, key string, m mark, revision uint64) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if _, err := s.ledger.Update(ctx, key, b, revision); err != nil && !errors.Is(err, send.ErrFenced) {
		return err
	}
	return nil // of two schedulers the other was faster, with the same
}

// period is the last whole one before a time.
func (it *item) period(at time.Time) auyl.Period {
	return auyl.NewPeriod(it.Freq, auyl.DayOf(at.In(it.Zone))).Shift(-1)
}

// open writes down the runs of one time, which are due then or later.
func (s *Scheduler) open(ctx context.Context, it *item, at time.Time, state send.RunState, due time.Time) error {
	for _, area := range it.Areas {
		r := send.Run{Summary: it.Summary, Version: it.Version, Area: area, Period: it.period(at), State: state, DueAt: due}
		if it.deadline != nil {
			// Who asks for the last summary at once, after its time, does not wait.
			if r.Deadline = it.deadline.next(at); r.Deadline.Before(due) || due.After(at) {
				r.Deadline = due
			}
		}
		have, created, err := send.CreateRun(ctx, s.ledger, r)
		if err != nil {
			return err
		}
		if !created && have.State == send.Skipped && state == send.Waiting {
			// It was skipped by a clock that had run ahead; its time has come.
			if _, err := send.UpdateRun(ctx, s.ledger, r, have.Revision); err != nil && !errors.Is(err, send.ErrFenced) {
				return err
			}
		}
	}
	return nil
}

// read takes in the runs that changed, whoever changed them.
func (s *Scheduler) read(ctx context.Context) error {
	entries, err := s.ledger.Entries(ctx, "run.", s.seen)
	if err != nil {
		return fmt.Errorf("read runs: %w", err)
	}
	for _, e := range entries {
		var r send.Run
		if err := json.Unmarshal(e.Value, &r); err != nil {
			return fmt.Errorf("read %s of the ledger: %w", e.Key, err)
		}
		s.seen = max(s.seen, e.Revision)
		if r.Edition != "" || r.State == send.Done || r.State == send.Skipped {
			delete(s.work, e.Key)
			continue // made by hand, or over
		}
		s.work[e.Key], s.revs[e.Key] = r, e.Revision
	}
	return nil
}

// move takes one run as far as it goes now.
func (s *Scheduler) move(ctx context.Context, key string) error {
	r := s.work[key]
	i := slices.IndexFunc(s.items, func(it item) bool { return it.Summary == r.Summary })
	if i < 0 {
		return nil // not declared any more
	}
	it := &s.items[i]
	if r.State == send.Waiting {
		var missing []string
		if len(it.WaitFor) > 0 {
			var err error
			if missing, err = s.complete.Missing(ctx, it.Declaration, r.Area, r.Period); err != nil {
				return fmt.Errorf("%s: what is missing: %w", key, err)
			}
		}
		now := s.now()
		if len(missing) > 0 && now.Before(r.Deadline) {
			return nil
		}
		worth, err := s.complete.Worth(ctx, it.Declaration, r.Area, r.Period)
		if err != nil {
			return fmt.Errorf("%s: is it worth sending: %w", key, err)
		}
		if !worth {
			r.State, r.EndedAt = send.Skipped, now
			return s.write(ctx, key, r)
		}
		limit := r.DueAt
		if r.Deadline.After(limit) {
			limit = r.Deadline
		}
		r.State, r.OpenedAt, r.AsOf, r.Missing = send.Open, now, now, missing
		r.Late = now.After(limit.Add(s.o.Tolerance))
		if err := s.write(ctx, key, r); err != nil {
			return err
		}
		s.o.Logger.InfoContext(ctx, "summary opened", "summary", r.Summary, "area", r.Area, "period", r.Period, "late", r.Late, "missing", len(r.Missing))
	}
	var to []send.Recipient
	for _, rec := range it.Recipients {
		if rec.Wants(r.Area) {
			to = append(to, rec)
		}
	}
	got, err := s.deliver.Deliver(ctx, r, to)
	if err != nil || got.Pending > 0 {
		return err
	}
	r.State, r.EndedAt = send.Done, s.now()
	if err := s.write(ctx, key, r); err != nil {
		return err
	}
	delete(s.work, key)
	return nil
}

func (s *Scheduler) write(ctx context.Context, key string, r send.Run) error {
	revision, err := send.UpdateRun(ctx, s.ledger, r, s.revs[key])
	if err != nil {
		return err
	}
	s.work[key], s.revs[key] = r, revision
	return nil
}
