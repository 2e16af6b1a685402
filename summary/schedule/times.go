package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// times are the times of a schedule on the clock of a zone.
type times struct {
	spec cron.Schedule
	zone *time.Location
}

// errWall says that times are not those of a clock on a wall.
var errWall = errors.New("want five fields such as \"0 9 5 * *\"; the zone is that of the configuration, and intervals have no place here")

func parseTimes(text string, zone *time.Location) (*times, error) {
	if strings.Contains(text, "TZ=") || strings.HasPrefix(text, "@every") {
		return nil, fmt.Errorf("times %q: %w", text, errWall)
	}
	spec, err := cron.ParseStandard(text)
	if err != nil {
		return nil, fmt.Errorf("times %q: %w", text, err)
	}
	return &times{spec, zone}, nil
}

// next returns the first instant of the schedule after one; zero if there is none
// within five years.
//
// The library is asked on a clock without a zone: in a zone with summer time it
// leaves out what falls into the hour that is left out. An instant is then made
// of what the clock shows, one and no other for each showing, so that an hour
// that comes twice fires once.
func (t *times) next(after time.Time) time.Time {
	local := after.In(t.zone)
	y, m, d := local.Date()
	h, mi, sec := local.Clock()
	// Two hours before: where the clock was set back, what it shows now it has
	// shown before.
	shown := time.Date(y, m, d, h, mi, sec, 0, time.UTC).Add(-2 * time.Hour)
	for {
		if shown = t.spec.Next(shown); shown.IsZero() {
			return shown
		}
		y, m, d := shown.Date()
		h, mi, sec := shown.Clock()
		if at := time.Date(y, m, d, h, mi, sec, 0, t.zone); at.After(after) {
			return at.UTC()
		}
	}
}

// last returns the newest instant of the schedule that is not after one, within
// about a year; zero if there is none.
func (t *times) last(before time.Time) (last time.Time) {
	for _, days := range []int{1, 8, 32, 100, 400} { // few steps for frequent times
		for at := t.next(before.AddDate(0, 0, -days)); !at.IsZero() && !at.After(before); at = t.next(at) {
			last = at
		}
		if !last.IsZero() {
			return last
		}
	}
	return last
}
