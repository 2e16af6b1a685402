package summary_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/summary"
)

// table is facts that stand in a test, answered as the engine does: by area, level, period and vintage, in the order of the keys.
type table struct {
	cells     []summary.Cell
	revisions []summary.Revision
	events    map[string][]summary.Events
	feeds     []summary.Feed
}

func (f *table) Vintage(_ context.Context, asOf time.Time) (time.Time, error) {
	var out time.Time
	for _, c := range f.cells {
		if c.RecordedAt.After(out) && (asOf.IsZero() || !c.RecordedAt.After(asOf)) {
			out = c.RecordedAt
		}
	}
	return out, nil
}

func (f *table) Cells(_ context.Context, q summary.Query) ([]summary.Cell, error) {
	newest := map[string]summary.Cell{}
	var keys []string
	for _, c := range f.cells {
		if !slices.Contains(q.Indicators, c.Indicator) || !slices.Contains(q.Levels, c.Level) || c.Area.Oblast() != q.Within.Oblast() ||
			c.Period.Start() < q.First || c.Period.Start() > q.Last || c.RecordedAt.After(q.AsOf) {
			continue
		}
		k := string(c.Indicator) + " " + c.Area.String() + " " + c.Period.Start().String()
		old, ok := newest[k]
		if !ok {
			keys = append(keys, k)
		}
		if !ok || c.RecordedAt.After(old.RecordedAt) {
			newest[k] = c
		}
	}
	slices.Sort(keys)
	var out []summary.Cell
	for _, k := range keys {
		out = append(out, newest[k])
	}
	return out, nil
}

func (f *table) Revisions(context.Context, summary.Query) ([]summary.Revision, error) {
	return f.revisions, nil
}

func (f *table) Events(_ context.Context, q summary.EventQuery) ([]summary.Events, error) {
	return f.events[q.Kind], nil
}

func (f *table) Feeds(context.Context, time.Time) ([]summary.Feed, error) { return f.feeds, nil }

var (
	first  = time.Date(2026, 10, 12, 4, 0, 0, 0, time.UTC)
	second = time.Date(2026, 10, 20, 4, 0, 0, 0, time.UTC)
)

const oblast auyl.AreaCode = 190000000

// set is one figure of the oblast or below, real, normal and covered in full unless with says otherwise.
func set(tb testing.TB, id auyl.IndicatorID, area auyl.AreaCode, period string, value float64, with ...func(*summary.Cell)) summary.Cell {
	tb.Helper()
	p, err := auyl.ParsePeriod(period)
	if err != nil {
		tb.Fatal(err)
	}
	full := 1.0
	c := summary.Cell{
		Indicator: id, Area: area, Period: p, Value: &value, Coverage: &full, Status: auyl.StatusNormal, Origin: auyl.OriginReal,
		FormulaVersion: 1, BoundaryVersion: "2024-01-01", RecordedAt: first, Level: auyl.LevelOblast,
	}
	switch {
	case area.Oblast() == area:
	case area.District() == area:
		c.Level = auyl.LevelDistrict
	default:
		c.Level = auyl.LevelOkrug
	}
	for _, w := range with {
		w(&c)
	}
	return c
}

func empty(status auyl.Status, reason string) func(*summary.Cell) {
	return func(c *summary.Cell) { c.Value, c.Status, c.Reason = nil, status, reason }
}

func covered(share float64) func(*summary.Cell) {
	return func(c *summary.Cell) { c.Coverage, c.Status = &share, auyl.StatusEstimated }
}

func synthetic(c *summary.Cell) { c.Origin = auyl.OriginSynthetic }

func of(numerator, denominator float64) func(*summary.Cell) {
	return func(c *summary.Cell) {
		v := 100 * numerator / denominator
		c.Value, c.Numerator, c.Denominator = &v, &numerator, &denominator
	}
}

var house = sync.OnceValues(func() (*schemas.House, error) { return schemas.Load(schemas.FS) })

func loaded(tb testing.TB) *schemas.House {
	tb.Helper()
	h, err := house()
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

func declared(tb testing.TB, id string) *schemas.Summary {
	tb.Helper()
	h := loaded(tb)
	for i := range h.Summaries {
		if h.Summaries[i].ID == id {
			return &h.Summaries[i]
		}
	}
	tb.Fatalf("no summary %s", id)
	return nil
}
