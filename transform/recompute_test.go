package transform_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/transform"
)

// otherFormulas changes what some indicators of the test model say.
func otherFormulas(t *rapid.T) (m transform.Model, ids []string) {
	m = testModel()
	for i := range m.Indicators {
		d := &m.Indicators[i]
		if !rapid.Bool().Draw(t, "changed") {
			continue
		}
		switch d.ID {
		case "births_total", "births_max", "births_min":
			d.Numerator = "deaths"
		case "natural_rate":
			d.Numerator, d.Rollup = "births", "weighted"
		case "water_share":
			d.Numerator, d.Factor = "population_end - with_water", 1000
		case "water_last":
			d.Numerator = "population_end"
		case "call_rate":
			d.Numerator = "calls - calls_in_time"
		default:
			d.Factor *= 2
		}
		d.Version++
		ids = append(ids, string(d.ID))
	}
	return m, ids
}

// recompute asks for all cells of indicators again.
func recompute(tb testing.TB, v vintage, ids []string) []auyl.Payload {
	tb.Helper()
	data, err := wire.Marshal(&wire.Observations{Vintage: v.wire(), SeriesDict: ids})
	if err != nil {
		tb.Fatal(err)
	}
	return []auyl.Payload{{Subject: transform.RecomputeSubject, Data: data}}
}

// TestChangedFormulasAreRecomputedToTheBit is the promise for a catalogue that
// changes: what stands after a recomputation is what would stand if the new
// formulas had always been there. A cell that only the old one makes is empty.
func TestChangedFormulasAreRecomputedToTheBit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		items := drawItems(rt)
		m, ids := otherFormulas(rt)
		kept, err := transform.Kept(testModel())
		if err != nil {
			rt.Fatal(err)
		}
		needs, err := transform.Kept(m)
		if err != nil {
			rt.Fatal(err)
		}
		for _, n := range needs {
			if !slices.Contains(kept, n) {
				rt.Fatalf("the changed model needs %s, which was not kept: %v", n, kept)
			}
		}
		always, was := newPipeline(t, m, small(), 1), newPipeline(t, testModel(), small(), 1)
		for _, it := range items {
			always.frame(it.payloads(t))
			was.frame(it.payloads(t))
		}
		is := newPipeline(t, m, small(), rapid.IntRange(1, 4).Draw(rt, "workers"))
		is.ds, is.os, is.cells = was.ds, was.os, was.cells
		v := vintage{seq: 99}
		is.frame(recompute(t, v, ids))
		for key, f := range is.cells {
			if _, ok := always.cells[key]; !ok && f.Has&1 == 0 {
				delete(is.cells, key) // of a period in which the new formula has nothing
			}
		}
		if d := cmp.Diff(always.cells, is.cells); d != "" {
			rt.Fatalf("cells of %v (-always +recomputed):\n%s", ids, d)
		}
		before := is.emitted
		is.frame(recompute(t, v, ids))
		if is.emitted != before {
			rt.Errorf("asked again, %d cells were published again", is.emitted-before)
		}
	})
}

// TestRecomputedCellsAreANewVintage looks at the versions and times of what is
// published.
func TestRecomputedCellsAreANewVintage(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, testModel(), small(), 1)
	p.frame(observations(t, births(vintage{seq: 1}, "2026-M01", 1, 2, 3, 4, 5, 6, 7, 8)))
	m := testModel()
	for i := range m.Indicators {
		if m.Indicators[i].ID == "births_total" {
			m.Indicators[i].Version = 7
		}
	}
	next := newPipeline(t, m, small(), 1)
	next.ds, next.os = p.ds, p.os
	got := map[string]int{}
	for _, x := range next.frame(recompute(t, vintage{seq: 9}, []string{"births_total", "gone"})) {
		var w wire.Cells
		if err := wire.Unmarshal(x.Data, &w); err != nil {
			t.Fatal(err)
		}
		for i := range w.GetArea() {
			got[fmt.Sprint(w.GetIndicatorDict()[w.GetIndicator()[i]], " version ", w.GetFormulaVersion()[i], " of ", w.GetVintage().GetRawSeq())]++
		}
	}
	// 8 settlements, 4 okrugs, 2 districts, the oblast; the country has none.
	if d := cmp.Diff(map[string]int{"births_total version 7 of 9": 15}, got); d != "" {
		t.Errorf("cells (-want +got):\n%s", d)
	}
}
