package transform_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/transform"
)

const sealKey = "0123456789abcdef"

// guardedModel has indicators beside those of testModel whose small cells are
// suppressed.
func guardedModel() transform.Model {
	m := testModel()
	m.Parameters = []transform.Parameter{{ID: transform.ParameterDisclosure, Values: []transform.ParameterValue{{From: 0, Value: 5 * one}}}}
	for _, i := range m.Indicators {
		switch i.ID {
		case "births_total":
			i.ID, i.Disclosure = "births_guarded", &transform.Disclosure{Numerator: true}
		case "calls_in_time_share":
			i.ID, i.Disclosure = "calls_guarded", &transform.Disclosure{Numerator: true, Denominator: true, Minimum: 2 * one}
		default:
			continue
		}
		m.Indicators = append(m.Indicators, i)
	}
	return m
}

// guardedPipeline forgets, as readers do who cannot open them, sealed messages.
func guardedPipeline(tb testing.TB, workers int) *pipeline {
	tb.Helper()
	o := transform.Options{Workers: workers, Key: []byte(sealKey)}
	d, err1 := transform.NewDistrictOf(guardedModel(), small(), o)
	u, err2 := transform.NewOblastOf(guardedModel(), small(), o)
	if err1 != nil || err2 != nil {
		tb.Fatal(err1, err2)
	}
	return &pipeline{t: tb, district: d, oblast: u, ds: newMemory(), os: newMemory(), cells: map[string]figure{}}
}

// birthsOf are the facts of a month: a figure for each settlement.
func birthsOf(seq uint64, month string, counts map[auyl.AreaCode]int) []fact {
	var out []fact
	for i, s := range settlements(small()) {
		n, ok := counts[s]
		if !ok {
			n = 40
		}
		out = append(out, fact{"births", "", s, month, auyl.Decimal(n) * one, 0, vintage{seq: seq, released: int64(seq)}, uint32(i + 1)})
	}
	return out
}

// TestSmallCellsAreSuppressed: a place of three, and what would give it away.
func TestSmallCellsAreSuppressed(t *testing.T) {
	t.Parallel()
	p := guardedPipeline(t, 1)
	p.frame(observations(t, birthsOf(1, "2026-M01", map[auyl.AreaCode]int{993030100: 3, 993032100: 17})))
	const g = "births_guarded "
	for key, want := range map[string]string{
		g + "993030100 2026-M01": "- C disclosure_primary",
		g + "993030200 2026-M01": "- C disclosure_secondary", // the other place of its okrug
		g + "993030000 2026-M01": "43 A",
		g + "993032100 2026-M01": "17 A",
		g + "993032200 2026-M01": "40 A",
		g + "993000000 2026-M01": "100 A",
		g + "993400000 2026-M01": "160 A",
		g + "990000000 2026-M01": "260 A",
		// Not sensitive: as it is.
		"births_total 993030100 2026-M01": "3 A",
	} {
		p.want(key, want)
	}
	// Three in the whole okrug: another okrug is hidden with it.
	p.frame(observations(t, birthsOf(2, "2026-M02", map[auyl.AreaCode]int{993030100: 3, 993030200: 0})))
	for key, want := range map[string]string{
		g + "993030100 2026-M02": "- C disclosure_primary",
		g + "993030200 2026-M02": "0 A",
		g + "993030000 2026-M02": "- C disclosure_secondary",
		g + "993032000 2026-M02": "- C disclosure_secondary",
		g + "993032100 2026-M02": "- C disclosure_secondary",
		g + "993032200 2026-M02": "40 A",
		g + "993000000 2026-M02": "83 A",
		g + "990000000 2026-M02": "243 A",
	} {
		p.want(key, want)
	}
	// Enough of them later: a new vintage shows all.
	p.frame(observations(t, birthsOf(3, "2026-M02", nil)))
	p.want(g+"993030100 2026-M02", "40 A")
	p.want(g+"993032100 2026-M02", "40 A")
	// And too few again.
	p.frame(observations(t, birthsOf(4, "2026-M02", map[auyl.AreaCode]int{993030100: 1})))
	p.want(g+"993030100 2026-M02", "- C disclosure_primary")
	p.want(g+"993030200 2026-M02", "- C disclosure_secondary")
	if f := p.cells[g+"993030200 2026-M02"]; f.Has != 0 || f.Num != 0 || f.Den != 0 || f.Value != 0 || f.Weighted != 0 || f.Coverage != 0 || f.Reported != 0 {
		t.Errorf("a suppressed cell has figures: %+v", f)
	}
}

// TestOblastIsHiddenLast: where nothing beside is large enough, what is above.
func TestOblastIsHiddenLast(t *testing.T) {
	t.Parallel()
	p := guardedPipeline(t, 1)
	counts := map[auyl.AreaCode]int{}
	for _, s := range settlements(small()) {
		counts[s] = 0
	}
	counts[993030100], counts[993432200] = 4, 4
	p.frame(observations(t, birthsOf(1, "2026-M01", counts)))
	p.want("births_guarded 993030100 2026-M01", "- C disclosure_primary")
	p.want("births_guarded 990000000 2026-M01", "- C disclosure_secondary")
	p.want("births_guarded 993400000 2026-M01", "- C disclosure_secondary")
	p.want("births_guarded 993030200 2026-M01", "0 A")
}

// TestSealedCellsTellNothing: no message in the clear holds a suppressed figure,
// sealed ones are alike for alike frames, and another key does not open them.
func TestSealedCellsTellNothing(t *testing.T) {
	t.Parallel()
	facts := observations(t, birthsOf(1, "2026-M01", map[auyl.AreaCode]int{993030100: 3}))
	a, b := guardedPipeline(t, 1), guardedPipeline(t, 2)
	out := a.frame(facts)
	if !samePayloads(out, b.frame(facts)) {
		t.Error("the same frame is sealed in two ways")
	}
	sealed := 0
	for _, m := range out {
		if !strings.HasPrefix(m.Subject, "ind.x.sealed.") {
			continue
		}
		sealed++
		var w wire.Cells
		if wire.Unmarshal(m.Data, &w) == nil || bytes.Contains(m.Data, []byte("births")) || len(m.Data)%512 != 28 {
			t.Errorf("%s is not sealed: %d bytes", m.Subject, len(m.Data))
		}
	}
	if sealed != 2 {
		t.Errorf("%d sealed messages, want one of each district", sealed)
	}
	other, err := transform.NewOblastOf(guardedModel(), small(), transform.Options{Key: []byte("fedcba9876543210")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Apply(newMemory(), out); err == nil || !strings.Contains(err.Error(), "key") {
		t.Errorf("opened with another key: %v", err)
	}
	if _, err := transform.NewDistrictOf(guardedModel(), small(), transform.Options{}); err == nil {
		t.Error("a stage without a key")
	}
}

// TestSuppressionIsIncremental: whatever the order and the cut of pages, the same
// cells are suppressed, and of each the parts never tell the small ones.
func TestSuppressionIsIncremental(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		items := drawItems(rt)
		for i := range items {
			for j := range items[i].facts {
				items[i].facts[j].value %= 30 * one // so that some are small
			}
		}
		rebuild := guardedPipeline(t, 1)
		var all []auyl.Payload
		for _, it := range items {
			all = append(all, it.payloads(t)...)
		}
		rebuild.frame(all)
		order := rapid.Permutation(items).Draw(rt, "order")
		inc := guardedPipeline(t, rapid.IntRange(1, 4).Draw(rt, "workers"))
		var frame []auyl.Payload
		for i, it := range order {
			frame = append(frame, it.payloads(t)...)
			if i == len(order)-1 || rapid.Bool().Draw(rt, "cut") {
				inc.frame(frame)
				frame = nil
			}
		}
		if diff := cmp.Diff(rebuild.cells, inc.cells); diff != "" {
			rt.Fatalf("rebuild (-) and incremental (+) differ:\n%s", diff)
		}
		// The same figures without a guard say which cells are small.
		for key, f := range inc.cells {
			cell, ok := strings.CutPrefix(key, "births_total ")
			if !ok || f.Num <= 0 || f.Num >= 5*one || f.Has&2 == 0 {
				continue
			}
			if g := inc.cells["births_guarded "+cell]; g.Status != "C" || g.Has != 0 || g.Num != 0 {
				rt.Fatalf("%s of %v is shown: %+v", cell, f.Num, g)
			}
		}
	})
}

// TestSuppressedFiguresAreInNoMessage: a figure that is found nowhere else is
// looked for in what readers get.
func TestSuppressedFiguresAreInNoMessage(t *testing.T) {
	t.Parallel()
	m := guardedModel()
	m.Indicators = slices.DeleteFunc(m.Indicators, func(i transform.Indicator) bool { return i.Disclosure == nil })
	o := transform.Options{Key: []byte(sealKey)}
	d, err1 := transform.NewDistrictOf(m, small(), o)
	u, err2 := transform.NewOblastOf(m, small(), o)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	p := &pipeline{t: t, district: d, oblast: u, ds: newMemory(), os: newMemory(), cells: map[string]figure{}}
	facts := birthsOf(1, "2026-M01", nil)
	facts[0].value = 31415 // 3.1415 persons
	planted := binary.AppendVarint(nil, int64(facts[0].value))
	shown := 0
	for _, m := range p.frame(observations(t, facts)) {
		if strings.HasPrefix(m.Subject, "ind.x.sealed.") {
			continue
		}
		shown++
		if bytes.Contains(m.Data, planted) || bytes.Contains(m.Data, binary.LittleEndian.AppendUint64(nil, math.Float64bits(3.1415))) {
			t.Errorf("%s holds the figure", m.Subject)
		}
	}
	if shown != 1 || p.cells["births_guarded 993030100 2026-M01"].Status != "C" || p.cells["births_guarded 993030000 2026-M01"].Value != 43.1415 {
		t.Errorf("%d messages, %+v", shown, p.cells)
	}
}
