package clickhouse_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// TestASummaryIsAskedOfItsVintage writes cells twice and asks what was known in between, what changed since, and what is hidden now.
func TestASummaryIsAskedOfItsVintage(t *testing.T) {
	t.Parallel()
	db := open(t)
	const district, hidden, outside = 195200000, 195400000, 770000000
	d := day(t, "2023-01-01")
	insert(t, db, "indicator_value", "a",
		cell(vintage(1, 1, base), district, auyl.LevelDistrict, 'D', d, 100, 0b1111, 'E'),
		cell(vintage(1, 1, base), hidden, auyl.LevelDistrict, 'D', d, 7, 0b1111, 'A'),
		cell(vintage(1, 1, base), outside, auyl.LevelDistrict, 'D', d, 9, 0b1111, 'A'),
		cell(vintage(1, 1, base), 190000000, auyl.LevelOblast, 'D', d, 500, 0b1111, 'A'))
	insert(t, db, "indicator_value", "b",
		cell(vintage(2, 1, base), district, auyl.LevelDistrict, 'D', d, 110, 0b1111, 'A'),
		cell(vintage(2, 1, base), hidden, auyl.LevelDistrict, 'D', d, 0, 0, 'C'))
	q := clickhouse.SummaryQuery{
		Indicators: []auyl.IndicatorID{"population_total"}, Within: 190000000, Levels: []auyl.Level{auyl.LevelDistrict},
		First: auyl.Day(d) - 10, Last: auyl.Day(d), AsOf: base.Add(time.Hour), Since: base.Add(time.Hour),
	}
	cells := func(asOf time.Time) map[auyl.AreaCode]*float64 {
		q := q
		q.AsOf = asOf
		list, err := db.SummaryCells(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		out := map[auyl.AreaCode]*float64{}
		for _, c := range list {
			out[c.Area] = c.Value
			if (c.Area == hidden) != (c.Status == auyl.StatusConfidential) {
				t.Errorf("%s has status %s", c.Area, c.Status)
			}
			if c.Area == hidden && (c.Numerator != nil || c.Denominator != nil || c.Coverage != nil) {
				t.Error("a suppressed cell shows its parts")
			}
		}
		return out
	}
	then, now := 100.0, 110.0
	if diff := cmp.Diff(map[auyl.AreaCode]*float64{district: &then, hidden: nil}, cells(base.Add(time.Hour))); diff != "" {
		t.Errorf("as it was known (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[auyl.AreaCode]*float64{district: &now, hidden: nil}, cells(base.Add(2*time.Hour))); diff != "" {
		t.Errorf("now (-want +got):\n%s", diff)
	}
	if got := cells(base); len(got) != 0 {
		t.Errorf("before the first page %v was known", got)
	}
	q.AsOf = base.Add(2 * time.Hour)
	list, err := db.SummaryRevisions(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || list[0].Area != district || *list[0].Old != 100 || *list[0].New != 110 || list[0].Class != "correction" || !list[0].OldRecordedAt.Before(list[0].RecordedAt) ||
		list[1].Area != hidden || list[1].Old != nil || list[1].New != nil || list[1].NewStatus != "C" || list[1].Class != "withdrawal" {
		t.Errorf("revisions %+v", list)
	}
	q.AsOf = base.Add(time.Hour)
	if list, err := db.SummaryRevisions(t.Context(), q); err != nil || len(list) != 0 {
		t.Errorf("revisions before there were any: %+v, %v", list, err)
	}
}

func TestEventsOfASummaryAreCountedByOkrug(t *testing.T) {
	t.Parallel()
	db := open(t)
	const village, okrug, outside = 195259100, 195259000, 195300000
	with := func(e *wire.Events, rows ...map[string]int64) *wire.Events {
		for _, name := range []string{"done", "due_seconds", "seen_seconds", "closed_seconds", "redirected", "norm_seconds", "arrival_seconds", "category"} {
			a := &wire.Attribute{Name: name}
			for _, r := range rows {
				v, ok := r[name]
				a.Value, a.Present = append(a.Value, v*10000), append(a.Present, ok)
			}
			e.Attributes = append(e.Attributes, a)
		}
		return e
	}
	insert(t, db, "event", "e1", with(calls(1,
		call{"open", village, 0, false}, call{"done", okrug, 1, false}, call{"overdue", village, 1, false}, call{"late", village, 1, false},
		call{"outside", outside, 1, false}, call{"before", village, -48, false}),
		map[string]int64{}, map[string]int64{"done": 3}, map[string]int64{"due_seconds": 5, "seen_seconds": 9, "redirected": 0},
		map[string]int64{"done": 1, "norm_seconds": 600, "arrival_seconds": 700, "category": 2}, map[string]int64{}, map[string]int64{}))
	insert(t, db, "event", "e2", calls(9, call{"open", village, 0, true}))
	q := clickhouse.SummaryEventsQuery{Kind: "ambulance_call", Done: "done", Within: 195200000, From: base.Add(-time.Hour), To: base.Add(72 * time.Hour), AsOf: base.Add(2 * time.Hour)}
	list, err := db.SummaryEvents(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].Okrug != okrug || list[0].Events != 4 || list[0].Open != 2 || list[0].Sums["done"] != 4 || list[0].Counts["done"] != 2 ||
		list[0].Late != 1 || list[0].Timed != 1 || list[0].Overdue != 1 || len(list[0].OpenDays) != 2 || list[0].OpenDays[1] != 3 {
		t.Errorf("events %+v", list)
	}
	q.AsOf = base.Add(24 * time.Hour)
	if list, err = db.SummaryEvents(t.Context(), q); err != nil || len(list) != 1 || list[0].Events != 3 {
		t.Errorf("after one was taken back %+v, %v", list, err)
	}
	feeds, err := db.SummaryFeeds(t.Context(), base.Add(24*time.Hour))
	if err != nil || len(feeds) != 1 || feeds[0].Source != "bns.taldau" || feeds[0].Until != auyl.DayOf(base) {
		t.Errorf("feeds %+v, %v", feeds, err)
	}
}
