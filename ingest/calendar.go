package ingest

import (
	"math/rand/v2"
	"time"

	"github.com/robfig/cron/v3"
)

// published is a schedule that asks at none of its times before the day of the month
// on which the publisher releases. A release that falls on a Saturday or Sunday comes
// on the Monday behind it. In a month that is shorter it comes on the last day.
type published struct {
	times cron.Schedule
	day   int
	zone  *time.Location
}

// maxSkipped bounds the times of one month that are passed over: a time a minute.
const maxSkipped = 31 * 24 * 60

// Next implements cron.Schedule.
func (p published) Next(t time.Time) time.Time {
	for range maxSkipped {
		t = p.times.Next(t)
		if t.IsZero() || !t.Before(p.release(t)) {
			return t
		}
	}
	return t
}

// release is when the publisher releases in the month of t.
func (p published) release(t time.Time) time.Time {
	t = t.In(p.zone)
	last := time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, p.zone).Day()
	r := time.Date(t.Year(), t.Month(), min(p.day, last), 0, 0, 0, 0, p.zone)
	switch r.Weekday() { //nolint:exhaustive // the others are days of work
	case time.Saturday:
		r = r.AddDate(0, 0, 2)
	case time.Sunday:
		r = r.AddDate(0, 0, 1)
	}
	return r
}

// timesOf reads the language of times; day is that of the release, 0 for none.
func timesOf(times string, day int, zone *time.Location) (cron.Schedule, error) {
	s, err := cron.ParseStandard(times)
	if err != nil {
		return nil, err
	}
	if spec, ok := s.(*cron.SpecSchedule); ok {
		spec.Location = zone
	}
	if day > 0 {
		s = published{s, day, zone}
	}
	return s, nil
}

// jittered is a wait of at most so much behind the time of the clock, so that a
// thousand installations do not ask one publisher in the same second. What is looked
// at every few seconds is not spread.
func jittered(s cron.Schedule, most time.Duration) time.Duration {
	if _, every := s.(cron.ConstantDelaySchedule); every || most <= 0 {
		return 0
	}
	return time.Duration(rand.Int64N(int64(most))) //nolint:gosec // spreads load, hides nothing
}
