package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest"
)

func TestASourceIsNotAskedBeforeItsPublisherReleases(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Almaty")
	must(t, err)
	tests := []struct {
		name, times string
		day         int
		last, want  string
	}{
		{"no day", "0 6 * * *", 0, "2026-10-01T07:00", "2026-10-02T06:00"},
		{"a day of work", "0 6 * * *", 13, "2026-10-01T07:00", "2026-10-13T06:00"},
		{"from that day on each day", "0 6 * * *", 13, "2026-10-13T06:00", "2026-10-14T06:00"},
		{"on a Saturday", "0 6 * * *", 12, "2026-11-30T07:00", "2026-12-14T06:00"}, // the 12th is one
		{"on a Sunday", "0 6 * * *", 13, "2026-12-01T07:00", "2026-12-14T06:00"},
		{"in a short month", "0 6 * * *", 31, "2027-04-01T07:00", "2027-04-30T06:00"},
		{"its weekly time", "0 6 * * 1", 13, "2026-10-01T07:00", "2026-10-19T06:00"},
		{"past the end of a year", "0 6 20 * *", 13, "2026-12-21T07:00", "2027-01-20T06:00"},
	}
	for _, tt := range tests {
		last, err := time.ParseInLocation("2006-01-02T15:04", tt.last, zone)
		must(t, err)
		got, err := ingest.NextAfter(tt.times, tt.day, zone, last)
		if text := got.In(zone).Format("2006-01-02T15:04"); err != nil || text != tt.want {
			t.Errorf("%s: NextAfter(%q, %d, %s) = %s, %v, want %s", tt.name, tt.times, tt.day, tt.last, text, err, tt.want)
		}
	}
}

// scheduledDays runs a schedule of one source for some days and returns when it was
// asked.
func scheduledDays(t *testing.T, it ingest.Scheduled, days int, use func(*ingest.Schedule)) (asked []time.Time) {
	t.Helper()
	var l log
	d := doorFunc(func(emit func(ingest.Page) error) error {
		asked = append(asked, time.Now().UTC())
		return emit(ingest.Page{Key: "x", Body: fmt.Append(nil, len(asked))})
	})
	it.Puller = puller(t, &l, d, ingest.Options{})
	s, err := ingest.NewSchedule([]ingest.Scheduled{it}, time.UTC, time.Now, testLog(t))
	must(t, err)
	if use != nil {
		use(s)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(days)*24*time.Hour)
	defer cancel()
	if err := s.Run(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	return asked
}

func TestJitterSpreadsWithinItsBound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		at := map[time.Duration]bool{}
		asked := scheduledDays(t, ingest.Scheduled{Times: "0 6 * * *", Jitter: 10 * time.Minute}, 30, nil)
		for _, a := range asked {
			late := a.Sub(a.Truncate(24*time.Hour)) - 6*time.Hour
			if at[late] = true; late < 0 || late >= 10*time.Minute {
				t.Errorf("asked %s behind its time, want less than ten minutes", late)
			}
		}
		if len(asked) != 30 || len(at) < 10 {
			t.Errorf("asked %d times at %d distances, want 30 and many", len(asked), len(at))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		for _, a := range scheduledDays(t, ingest.Scheduled{Times: "@every 1h", Jitter: 10 * time.Minute}, 1, nil) {
			if a.Minute() != 0 {
				t.Errorf("a source of intervals was asked at %s", a)
			}
		}
	})
}

func TestAPausedSourceIsCaughtUpOnceWhenItIsResumed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var paused atomic.Bool
		begin := time.Now()
		time.AfterFunc(36*time.Hour, func() { paused.Store(true) })
		time.AfterFunc(5*24*time.Hour+time.Hour, func() { paused.Store(false) })
		asked := scheduledDays(t, ingest.Scheduled{Times: "0 6 * * *"}, 7, func(s *ingest.Schedule) {
			s.PausedBy(func(context.Context, auyl.SourceID) bool { return paused.Load() })
		})
		var got []string
		for _, a := range asked {
			got = append(got, a.Sub(begin).Round(time.Hour).String())
		}
		if want := "[6h0m0s 30h0m0s 121h0m0s 126h0m0s 150h0m0s]"; fmt.Sprint(got) != want {
			t.Errorf("asked after %v, want %s", got, want)
		}
	})
}
