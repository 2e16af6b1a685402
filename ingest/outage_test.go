package ingest_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/ingest"
)

// TestASourceThatIsDownForThreeDaysIsCaughtUpByItself asks a register every day at
// six. It is down for three days and comes back with a revised figure.
func TestASourceThatIsDownForThreeDaysIsCaughtUpByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // begins at midnight UTC
		const first, revised = "kato;value\n195863200;10\n", "kato;value\n195863200;12\n"
		body, etag, down := first, `"1"`, false
		statuses := map[int]int{}
		var n inner
		n.serve = func(w http.ResponseWriter, r *http.Request) {
			switch {
			case down:
				statuses[503]++
				w.WriteHeader(http.StatusServiceUnavailable)
			case r.Header.Get("If-None-Match") == etag:
				statuses[304]++
				w.WriteHeader(http.StatusNotModified)
			default:
				statuses[200]++
				w.Header().Set("ETag", etag)
				fmt.Fprint(w, body)
			}
		}
		var l log
		o := ingest.HTTPOptions{Web: ingest.NewWeb(ingest.WebOptions{Transport: &n})}
		p := puller(t, &l, ingest.NewHTTPFiles([]*url.URL{address(t, "http://a.kz/register")}, ingest.Auth{}, o), ingest.Options{})
		s, err := ingest.NewSchedule([]ingest.Scheduled{{Puller: p, Times: "0 6 * * *"}}, time.UTC, time.Now, slog.New(slog.DiscardHandler))
		must(t, err)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()

		// asked is how many requests come in the days ahead.
		asked := func(days int) int {
			before := len(n.at)
			<-time.After(time.Duration(days) * 24 * time.Hour)
			synctest.Wait()
			return len(n.at) - before
		}
		if got := asked(1); got != 1 {
			t.Errorf("the day before: %d requests, want 1", got)
		}
		down = true
		// Four tries on each of two days open the breaker; the third has the one try
		// that finds out whether the host is back.
		if got := asked(3); got != 4+4+1 {
			t.Errorf("three days down: %d requests, want 4, 4 and 1", got)
		}
		down, body, etag = false, revised, `"2"`
		if got := asked(1); got != 1 {
			t.Errorf("the day it is back: %d requests, want 1", got)
		}
		if got := asked(3); got != 3 {
			t.Errorf("the three days after: %d requests, want one a day", got)
		}
		stop()
		must(t, <-ended)

		if d := cmp.Diff(map[int]int{200: 2, 304: 3, 503: 9}, statuses); d != "" {
			t.Errorf("answers (-want +got):\n%s", d)
		}
		for i, at := range n.at {
			if h := at.UTC().Hour(); h != 6 {
				t.Errorf("request %d at %s, want none but at the hour of the schedule", i, at)
			}
		}
		want := []string{
			"a.b/1 page 1 " + first, "a.b/1 ok 1", "a.b/2 failed 0", "a.b/3 failed 0", "a.b/4 failed 0",
			"a.b/5 page 1 " + revised, "a.b/5 ok 1", "a.b/6 unchanged 0", "a.b/7 unchanged 0", "a.b/8 unchanged 0",
		}
		if d := cmp.Diff(want, l.said()); d != "" {
			t.Errorf("ledger (-want +got):\n%s", d)
		}
		old, late := l.frames[0].GetVintage(), l.frames[5].GetVintage()
		if got := time.UnixMilli(late.GetRecordedAtMs()).Sub(time.UnixMilli(old.GetRecordedAtMs())); got < 4*24*time.Hour-time.Minute || got > 4*24*time.Hour+time.Minute {
			t.Errorf("the revision is a vintage %s after the first, want four days", got)
		}
	})
}
