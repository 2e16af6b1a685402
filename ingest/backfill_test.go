package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/archive"
	"github.com/auyl-kz/auyl/ingest"
)

func TestRangesCoverTheTimeInWholePeriods(t *testing.T) {
	t.Parallel()
	day := func(s string) auyl.Day {
		d, err := auyl.ParseDay(s)
		must(t, err)
		return d
	}
	tests := []struct {
		from, to string
		step     auyl.Freq
		want     string
	}{
		{"2024-01-01", "2024-03-31", auyl.FreqMonth, "[2024-M01 2024-M02 2024-M03]"},
		{"2024-02-10", "2024-03-01", auyl.FreqMonth, "[2024-M02 2024-M03]"},
		{"2023-01-01", "2024-12-31", auyl.FreqYear, "[2023 2024]"},
		{"2024-12-31", "2025-01-01", auyl.FreqDay, "[2024-12-31 2025-01-01]"},
		{"2024-12-31", "2025-01-01", auyl.FreqQuarter, "[2024-Q4 2025-Q1]"},
		{"2025-01-02", "2025-01-01", auyl.FreqDay, "[]"},
	}
	for _, tt := range tests {
		if got := fmt.Sprint(ingest.Ranges(day(tt.from), day(tt.to), tt.step)); got != tt.want {
			t.Errorf("Ranges(%s, %s, %s) = %s, want %s", tt.from, tt.to, tt.step, got, tt.want)
		}
	}
	p, err := auyl.ParsePeriod("2024-Q2")
	must(t, err)
	if got, want := ingest.AddressOf("http://x/{year}/{quarter}/{month}?a={from}&b={to}&c={period}", p), "http://x/2024/2/04?a=2024-04-01&b=2024-06-30&c=2024-Q2"; got != want {
		t.Errorf("AddressOf = %s, want %s", got, want)
	}
}

// filling is a source that is asked for its past and fails at one range.
type filling struct {
	asked  []string
	failAt string
	told   []int
}

func (f *filling) job(t *testing.T) *ingest.Backfill {
	t.Helper()
	from, err := auyl.ParseDay("2024-01-01")
	must(t, err)
	return &ingest.Backfill{
		Source: "a.b", Ranges: ingest.Ranges(from, from+119, auyl.FreqMonth),
		Open: func(p auyl.Period) (ingest.Door, error) {
			return doorFunc(func(emit func(ingest.Page) error) error {
				f.asked = append(f.asked, p.String())
				if p.String() == f.failAt {
					return errors.New("the source is away")
				}
				return emit(ingest.Page{Key: "http://x/" + p.String(), Body: []byte(p.String())})
			}), nil
		},
		Wait:     func(ctx context.Context) error { return ctx.Err() },
		Progress: func(done int) { f.told = append(f.told, done) },
	}
}

func (f *filling) pull(t *testing.T, l *log) ingest.Outcome {
	t.Helper()
	src := ingest.Source{ID: "a.b", Origin: auyl.OriginReal, Rank: auyl.RankOfficial, Door: f.job(t), Lane: ingest.BackfillLane}
	store, err := archive.Open(t.TempDir())
	must(t, err)
	p, err := ingest.NewPuller(src, l, store, ingest.NewClock(time.Now), ingest.Options{})
	must(t, err)
	return pull(t, p)
}

func TestABackfillGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	var l log
	f := &filling{failAt: "2024-M03"}
	out := f.pull(t, &l)
	if out.Status != ingest.RunPartial || out.Run != "a.b/backfill-1" || !strings.Contains(out.Err.Error(), "range 2024-M03") {
		t.Errorf("broken off: %+v", out)
	}
	f.failAt, f.asked = "", nil
	out = f.pull(t, &l) // a puller of its own, as of another process
	if want := []string{"2024-M03", "2024-M04"}; out.Status != ingest.RunOK || !slices.Equal(f.asked, want) {
		t.Errorf("taken up: %+v, asked %q, want %q", out, f.asked, want)
	}
	if want := []int{0, 1, 2, 2, 3, 4}; !slices.Equal(f.told, want) {
		t.Errorf("progress %v, want %v", f.told, want)
	}
	// Once it is through, the next one asks everything again and finds nothing new.
	f.asked = nil
	if out = f.pull(t, &l); out.Status != ingest.RunUnchanged || len(f.asked) != 4 {
		t.Errorf("a second time: %+v, asked %q", out, f.asked)
	}
}
