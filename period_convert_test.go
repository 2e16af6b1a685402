package auyl_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
)

// TestVectorsOfConversions: what a period holds of a finer frequency, and what holds it of a coarser one.
func TestVectorsOfConversions(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "exp_convert.csv", 108) {
		p := v.period(t, "period")
		to, err := auyl.ParseFreq(v.get(t, "to"))
		if err != nil {
			t.Fatal(err)
		}
		nests := auyl.Nests(p.Freq(), to) || auyl.Nests(to, p.Freq())
		if want := v.get(t, "reason") == ""; nests != want {
			t.Errorf("%s: %s and %s nest: %v, want %v", v.at, p, to, nests, want)
		}
		if !nests {
			continue
		}
		first, last := auyl.NewPeriod(to, p.Start()), auyl.NewPeriod(to, p.LastDay())
		n := 1
		for q := first; q != last; q = q.Shift(1) {
			n++
		}
		if first.String() != v.get(t, "first") || last.String() != v.get(t, "last") || strconv.Itoa(n) != v.get(t, "count") {
			t.Errorf("%s: %s in %s = %s to %s, %d; want %s to %s, %s", v.at, p, to, first, last, n, v.get(t, "first"), v.get(t, "last"), v.get(t, "count"))
		}
	}
}

// TestVectorsOfTheClockOfAlmaty: a period begins and ends with the days of Almaty, also across the change of its offset, and
// the hour that clocks showed twice lies in one day both times.
func TestVectorsOfTheClockOfAlmaty(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Skipf("no time zones on this machine: %v", err)
	}
	instant := func(v vector, column string) time.Time {
		at, err := time.Parse(time.RFC3339, v.get(t, column))
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, v := range vectors(t, "exp_period_instants.csv", 16) {
		p, start, end := v.period(t, "period"), instant(v, "start_utc"), instant(v, "end_utc")
		for at, want := range map[time.Time]auyl.Day{
			start: p.Start(), start.Add(-time.Second): p.Start() - 1, end.Add(-time.Second): p.LastDay(), end: p.End(),
		} {
			if got := auyl.DayOf(at.In(zone)); got != want {
				t.Errorf("%s: day of %s = %s, want %s", v.at, at.Format(time.RFC3339), got, want)
			}
		}
		if got := strconv.Itoa(int(end.Sub(start).Hours())); got != v.get(t, "hours") {
			t.Errorf("%s: %s hours, want %s", v.at, got, v.get(t, "hours"))
		}
	}
	for _, v := range vectors(t, "exp_wall_clock.csv", 8) {
		clock := v.get(t, "wall_clock")
		day, err := auyl.ParseDay(clock[:10])
		if err != nil {
			t.Fatal(err)
		}
		earlier, later := instant(v, "earlier_utc"), instant(v, "later_utc")
		for _, at := range []time.Time{earlier, later} {
			local := at.In(zone)
			if local.Format("2006-01-02T15:04:05") != clock || auyl.DayOf(local) != day {
				t.Errorf("%s: at %s clocks show %s of %s, want %s", v.at, at.Format(time.RFC3339), local, auyl.DayOf(local), clock)
			}
		}
		if got := earlier != later; got != (v.get(t, "ambiguous") == "1") {
			t.Errorf("%s: twice: %v", v.at, got)
		}
	}
}
