package transform_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/transform"
)

// wideModel has indicators that look further than one period.
func wideModel() transform.Model {
	s := auyl.LevelSettlement
	ind := func(id auyl.IndicatorID, f auyl.Freq, num, den string, factor float64, rollup string) transform.Indicator {
		return transform.Indicator{ID: id, Freq: f, Level: s, Numerator: num, Denominator: den, Factor: factor, Rollup: rollup, Minimum: 0.5, Full: 0.95, Version: 1}
	}
	from := func(d string) auyl.Day {
		day, err := auyl.ParseDay(d)
		if err != nil {
			panic(err)
		}
		return day
	}
	quantile := func(id auyl.IndicatorID, f auyl.Freq, q float64) transform.Indicator {
		i := ind(id, f, "arrivals", "", 1./60, "quantile")
		i.Quantile = q
		return i
	}
	return transform.Model{
		Parameters: []transform.Parameter{{ID: "mci", Values: []transform.ParameterValue{
			{from("2026-01-01"), 4325 * auyl.DecimalOne}, {from("2025-01-01"), 3932 * auyl.DecimalOne}, {from("2026-06-30"), 5000 * auyl.DecimalOne},
		}}},
		Series: []transform.Series{
			{ID: "population_end", Kind: transform.KindStock, Level: s, MaxAge: 200},
			{ID: "births", Kind: transform.KindFlow, Level: s, Freqs: []auyl.Freq{auyl.FreqMonth, auyl.FreqQuarter, auyl.FreqYear}},
			{ID: "deaths", Kind: transform.KindFlow, Level: auyl.LevelDistrict, Freqs: []auyl.Freq{auyl.FreqMonth}},
			{ID: "wage", Kind: transform.KindRate, Level: auyl.LevelDistrict, Freqs: []auyl.Freq{auyl.FreqQuarter}},
			{ID: "spent", Kind: transform.KindFlow, Level: s, Cumulative: true, Freqs: []auyl.Freq{auyl.FreqMonth, auyl.FreqQuarter}},
			{ID: "calls", Kind: transform.KindFlow, Level: s, Event: &transform.EventRule{Kind: "ambulance_call", Measure: "count", Window: auyl.FreqMonth}},
			{ID: "arrivals", Kind: transform.KindFlow, Level: s, Event: &transform.EventRule{Kind: "ambulance_call", Measure: "values(arrival_seconds)", Window: auyl.FreqMonth}},
		},
		Indicators: []transform.Indicator{
			ind("births_q", auyl.FreqQuarter, "births", "", 1, "sum"),
			ind("births_s", auyl.FreqHalfYear, "births", "", 1, "sum"),
			ind("births_a", auyl.FreqYear, "births", "", 1, "sum"),
			ind("births_ytd", auyl.FreqMonth, "ytd(births)", "", 1, "sum"),
			ind("births_ytd_q", auyl.FreqQuarter, "ytd(births)", "", 1, "sum"),
			ind("births_change", auyl.FreqMonth, "births - prev(births)", "prev(births)", 100, "ratio"),
			ind("births_year", auyl.FreqQuarter, "births", "prev_year(births)", 100, "ratio"),
			ind("birth_rate", auyl.FreqQuarter, "births * annual()", "mean(population_end)", 1000, "ratio"),
			ind("natural", auyl.FreqYear, "births - deaths", "mean(population_end)", 1000, "ratio"),
			ind("growth", auyl.FreqYear, "population_end - start(population_end)", "start(population_end)", 100, "ratio"),
			ind("depopulating", auyl.FreqHalfYear, "population_end < 0.99*start(population_end)", "", 1, "sum"),
			ind("decline", auyl.FreqHalfYear, "max(0, start(population_end) - population_end)", "min(start(population_end), population_end)", 100, "ratio"),
			ind("wage_months", auyl.FreqQuarter, "wage * months()", "", 1, "weighted"),
			ind("calls_day", auyl.FreqQuarter, "calls", "population_end * days()", 1000, "ratio"),
			ind("calls_year", auyl.FreqYear, "calls", "", 1, "sum"),
			ind("spent_m", auyl.FreqMonth, "spent", "", 1, "sum"),
			ind("spent_q", auyl.FreqQuarter, "spent", "", 1, "sum"),
			ind("spent_s", auyl.FreqHalfYear, "spent", "", 1, "sum"),
			ind("spent_a", auyl.FreqYear, "spent", "", 1, "sum"),
			ind("spent_ytd", auyl.FreqMonth, "ytd(spent)", "prev(ytd(spent))", 100, "ratio"),
			ind("in_mci", auyl.FreqQuarter, "spent", "population_end * mci", 1, "ratio"),
			ind("mci_growth", auyl.FreqYear, "spent * prev(mci)", "mci", 1, "ratio"),
			quantile("arrival_p90", auyl.FreqMonth, 0.9),
			quantile("arrival_p90_q", auyl.FreqQuarter, 0.9),
			quantile("arrival_p50_a", auyl.FreqYear, 0.5),
			ind("before", auyl.FreqDay, "population_end", "prev_year(population_end)", 100, "ratio"),
		},
	}
}

// at reports a series for one area.
func at(series string, a auyl.AreaCode, period string, value auyl.Decimal, seq uint64) fact {
	return fact{series, "", a, period, value, 0, vintage{seq: seq}, 1}
}

func TestFlowsWiden(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, wideModel(), small(), 1)
	const a = 993030100
	say := func(f ...fact) { t.Helper(); p.frame(observations(t, f)) }
	say(at("births", a, "2026-M01", 3*one, 1), at("births", a, "2026-M02", 4*one, 1))
	p.want("births_q 993030100 2026-Q1", "- M incomplete_period")
	p.want("births_q 993030200 2026-Q1", "- M no_data")
	p.want("births_q 993000000 2026-Q1", "- M incomplete_period")
	p.want("births_q 990000000 2026-Q1", "- M incomplete_period")
	p.want("births_q 993030100 2026-Q2", "nothing")
	p.want("births_a 993030100 2026", "- M incomplete_period")
	p.want("births_ytd 993030100 2026-M02", "7 A")
	p.want("births_ytd 993030100 2026-M03", "nothing") // nobody spoke of March
	say(at("births", a, "2026-M03", 5*one, 2))
	p.want("births_q 993030100 2026-Q1", "12 A")
	p.want("births_ytd_q 993030100 2026-Q1", "12 A")
	say(at("births", a, "2026-M02", 6*one, 3)) // a month is corrected
	p.want("births_q 993030100 2026-Q1", "14 A")
	p.want("births_ytd 993030100 2026-M03", "14 A")
	say(at("births", a, "2026-Q1", 15*one, 4)) // what was published for the quarter stands
	p.want("births_q 993030100 2026-Q1", "15 A")
	p.want("births_ytd 993030100 2026-M03", "14 A")
	say(at("births", a, "2026-Q2", 10*one, 5))
	p.want("births_s 993030100 2026-S1", "25 A") // quarters before months
	p.want("births_ytd_q 993030100 2026-Q2", "25 A")
	say(at("births", a, "2026-Q3", 1*one, 6), at("births", a, "2026-M10", one, 6), at("births", a, "2026-M11", one, 6), at("births", a, "2026-M12", one, 6))
	p.want("births_a 993030100 2026", "- M incomplete_period") // quarters and months are not mixed
	say(at("births", a, "2026-Q4", 4*one, 7))
	p.want("births_a 993030100 2026", "30 A")
	say(at("births", a, "2026", 31*one, 8))
	p.want("births_a 993030100 2026", "31 A")
}

func TestMissingMonthIsNotNought(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, wideModel(), small(), 1)
	f := []fact{at("births", 993030100, "2026-M01", one, 1), at("births", 993030100, "2026-M02", one, 1), at("births", 993030100, "2026-M03", 0, 1)}
	f[2].status = auyl.StatusMissing
	p.frame(observations(t, f))
	p.want("births_q 993030100 2026-Q1", "- M incomplete_period")
	f[2].status, f[2].v.seq = auyl.StatusConfidential, 2
	p.frame(observations(t, f[2:]))
	p.want("births_q 993030100 2026-Q1", "- C confidential")
	f[2].status, f[2].v.seq = auyl.StatusEstimated, 3
	p.frame(observations(t, f[2:]))
	p.want("births_q 993030100 2026-Q1", "2 E")
}

func TestFormulasLookBack(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, wideModel(), small(), 1)
	say := func(f ...fact) { t.Helper(); p.frame(observations(t, f)) }
	for i, a := range settlements(small()) {
		n := auyl.Decimal(100+i) * one
		say(at("population_end", a, "2026-01-01", n, 1), at("population_end", a, "2026-07-01", n-auyl.Decimal(i)*one/2, 1), at("population_end", a, "2027-01-01", n+10*one, 1))
	}
	p.want("growth 993030100 2026", "10 A")
	p.want("growth 993030100 2025", "- M no_data")  // its own end is there, its start is not
	p.want("depopulating 993030200 2026-S1", "0 A") // 100.5 of 101
	p.want("depopulating 993000000 2026-S1", "1 A") // 101.5 of 103
	p.want("decline 993030200 2026-S1", "0.4975124378109453 A")
	p.want("decline 993030200 2026-S2", "0 A")
	say(at("population_end", 993030100, "2026-01-01", 88*one, 2)) // the start is corrected: a year later moves
	p.want("growth 993030100 2026", "25 A")
	p.want("before 993030100 2027-01-01", "125 A")
	p.want("before 993030100 2026-07-01", "- M no_data")

	for m := 1; m <= 12; m++ {
		say(at("births", 993030100, fmt.Sprintf("2026-M%02d", m), auyl.Decimal(m)*one, 3))
	}
	p.want("births_change 993030100 2026-M05", "25 A")
	p.want("births_change 993030100 2026-M01", "- M no_data")
	say(at("births", 993030100, "2026-M04", 2*one, 4))
	p.want("births_change 993030100 2026-M05", "150 A")
	say(at("births", 993030100, "2025-Q1", 3*one, 4))
	p.want("births_year 993030100 2026-Q1", "200 A")
	// 6 births in 90 days among (88+88)/2: the stock of 1 January is carried to 1 April.
	p.parts("birth_rate 993030100 2026-Q1", 243333./880000*1000, 243333, 88*one)
}

func TestCalendarInFormulas(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, wideModel(), small(), 1)
	p.frame(observations(t, []fact{at("wage", 993000000, "2026-Q1", 200*one, 1), at("population_end", 993000000, "2026-01-01", 300*one, 1)}))
	p.want("wage_months 993000000 2026-Q1", "600 A")
	p.frame(observations(t, populations(vintage{seq: 2}, "2026-01-01")))
	for m := 1; m <= 3; m++ {
		p.want("calls_day 993030100 2026-Q1", map[bool]string{true: "nothing", false: "- M incomplete_period"}[m == 1])
		p.frame(calls(t, vintage{seq: uint64(m)}, call{id: fmt.Sprint(m), area: 993030100, at: fmt.Sprintf("2026-%02d-05T00:00:00Z", m)}))
	}
	p.want("calls_day 993030100 2026-Q1", "0.3333333333333333 A") // 3 calls, 100 persons, 90 days
	p.want("calls_year 993030100 2026", "- M incomplete_period")
	p.frame(calls(t, vintage{seq: 9}, call{id: "2", area: 993030100, at: "2026-03-05T00:00:00Z"})) // of February nothing is known any more
	p.want("calls_day 993030100 2026-Q1", "- M incomplete_period")
}

func TestCumulativeFlowsAreDifferenced(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, wideModel(), small(), 1)
	say := func(f ...fact) { t.Helper(); p.frame(observations(t, f)) }
	const a = 993030100
	say(at("spent", a, "2025-M12", 900*one, 1), at("spent", a, "2026-M01", 10*one, 1), at("spent", a, "2026-M02", 25*one, 1))
	p.want("spent_m 993030100 2025-M12", "- M incomplete_period") // November is not known
	p.want("spent_a 993030100 2025", "900 A")                     // the end of the year is enough
	p.want("spent_m 993030100 2026-M01", "10 A")                  // January is never counted from December
	p.want("spent_m 993030100 2026-M02", "15 A")
	p.want("spent_q 993030100 2026-Q1", "- M incomplete_period")
	p.want("spent_m 993030100 2026-M03", "nothing")
	p.want("spent_ytd 993030100 2026-M02", "250 A")
	say(at("spent", a, "2026-M03", 20*one, 2)) // less than in February: a correction
	p.want("spent_m 993030100 2026-M03", "-5 A")
	p.want("spent_q 993030100 2026-Q1", "20 A")
	p.want("spent_s 993030100 2026-S1", "- M incomplete_period")
	say(at("spent", a, "2026-M06", 50*one, 3))
	p.want("spent_q 993030100 2026-Q2", "30 A") // April and May do not matter
	p.want("spent_s 993030100 2026-S1", "50 A")
	p.want("spent_m 993030100 2026-M06", "- M incomplete_period")
	say(at("spent", a, "2026-M02", 30*one, 4)) // moves two months in opposite directions
	p.want("spent_m 993030100 2026-M02", "20 A")
	p.want("spent_m 993030100 2026-M03", "-10 A")
}

func TestParametersAreThoseOfTheLastDay(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, wideModel(), small(), 1)
	const a = 993030100
	var f []fact
	for _, d := range []string{"2024-12-01", "2025-06-01", "2025-12-01", "2026-06-01"} {
		f = append(f, at("population_end", a, d, 100*one, 1))
	}
	for _, m := range []string{"2024-Q4", "2025-Q1", "2025-Q4", "2026-Q1", "2026-Q2"} {
		f = append(f, at("spent", a, m, 432500*one, 1))
	}
	p.frame(observations(t, f))
	p.want("in_mci 993030100 2024-Q4", "- M incomplete_period")
	p.frame(observations(t, []fact{at("spent", a, "2024-Q3", 0, 2)}))
	p.want("in_mci 993030100 2024-Q4", "- M no_data") // before the first value
	p.want("in_mci 993030100 2025-Q1", fmt.Sprint(4325./3932)+" A")
	p.want("in_mci 993030100 2026-Q1", "1 A")
	p.want("in_mci 993030100 2026-Q2", "0 A") // nothing was spent since
	p.frame(observations(t, []fact{at("spent", a, "2026-Q2", 932500*one, 2), at("spent", a, "2026-Q4", 932500*one, 2)}))
	p.want("in_mci 993030100 2026-Q2", "1 A")       // the value of 30 June
	p.want("mci_growth 993030100 2026", "733318 A") // 3932 of 2025 by 5000
}

func TestModelsRefuseWhatDoesNotWiden(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		freq     auyl.Freq
		num, den string
	}{
		{auyl.FreqYear, "wage", ""}, // rates are not added up
		{auyl.FreqMonth, "wage", ""},
		{auyl.FreqMonth, "ytd(population_end)", ""},
		{auyl.FreqMonth, "start(births)", ""},
		{auyl.FreqMonth, "mean(births)", ""},
		{auyl.FreqDay, "start(population_end)", ""},
		{auyl.FreqDay, "population_end * months()", ""},
		{auyl.FreqMonth, "ytd(births, 1)", ""},
		{auyl.FreqMonth, "ytd(births + 1)", ""},
		{auyl.FreqMonth, "max(births)", ""},
		{auyl.FreqMonth, "sum(births)", ""},
		{auyl.FreqMonth, "days()", ""},
		{auyl.FreqMonth, "births * 0.00005", ""},
		{auyl.FreqMonth, "mci", ""},
		{auyl.FreqMonth, "births * ytd(mci)", ""},
	} {
		m := wideModel()
		m.Indicators = []transform.Indicator{{ID: "x", Freq: tt.freq, Numerator: tt.num, Denominator: tt.den, Rollup: "sum", Version: 1}}
		if _, err := transform.NewDistrictOf(m, small(), transform.Options{}); err == nil {
			t.Errorf("%s of %s: taken, want an error", tt.num, tt.freq)
		}
	}
}

// drawWide draws pages about two years of the small registry.
func drawWide(t *rapid.T) []item {
	all := small()
	areas := settlements(all)
	for _, a := range all {
		areas = append(areas, a.Code)
	}
	periods := map[string][]string{
		"population_end": {"2025-01-01", "2025-07-01", "2025-10-01", "2026-01-01", "2026-02-01", "2026-07-01", "2027-01-01"},
		"births":         {"2025-M12", "2026-M01", "2026-M02", "2026-M03", "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4", "2026", "2025-Q1", "2025-M01"},
		"deaths":         {"2026-M01", "2026-M02", "2026-M03"},
		"wage":           {"2026-Q1", "2025-Q4"},
		"spent":          {"2025-M12", "2026-M01", "2026-M02", "2026-M03", "2026-Q1", "2026-M06"},
	}
	series := []string{"population_end", "population_end", "births", "births", "births", "deaths", "wage", "spent", "spent"}
	statuses := []auyl.Status{'A', 'A', 'A', 'A', 'A', 'A', 'E', 'P', 'M', 'C'}
	places := []auyl.AreaCode{993030100, 993430200}
	var out []item
	for n := range rapid.IntRange(1, 8).Draw(t, "pages") {
		v := vintage{
			seq: uint64(n + 1), released: int64(rapid.IntRange(0, 3).Draw(t, "released")),
			origin: rapid.SampledFrom([]auyl.Origin{auyl.OriginReal, auyl.OriginSynthetic}).Draw(t, "origin"),
		}
		it := item{v: v}
		row := uint32(0)
		// Some series of one area as a whole, so that parts meet.
		whole := rapid.SampledFrom(series).Draw(t, "whole")
		place := rapid.SampledFrom(areas).Draw(t, "of")
		for _, pd := range periods[whole] {
			row++
			it.facts = append(it.facts, fact{whole, "", place, pd, auyl.Decimal(rapid.IntRange(-5, 500000).Draw(t, "value")), 'A', v, row})
		}
		for range rapid.IntRange(0, 12).Draw(t, "rows") {
			row++
			s := rapid.SampledFrom(series).Draw(t, "series")
			f := fact{
				s, "", rapid.SampledFrom(areas).Draw(t, "area"), rapid.SampledFrom(periods[s]).Draw(t, "period"),
				auyl.Decimal(rapid.IntRange(0, 500000).Draw(t, "value")), rapid.SampledFrom(statuses).Draw(t, "status"), v, row,
			}
			if f.status.Empty() {
				f.value = 0
			}
			it.facts = append(it.facts, f)
		}
		for range rapid.IntRange(0, 6).Draw(t, "calls") {
			row++
			it.calls = append(it.calls, call{
				id: fmt.Sprint(rapid.IntRange(1, 4).Draw(t, "id")), area: rapid.SampledFrom(places).Draw(t, "place"),
				at:      rapid.SampledFrom([]string{"2026-01-03T00:00:00Z", "2026-02-03T00:00:00Z", "2026-03-03T00:00:00Z"}).Draw(t, "at"),
				arrival: int64(rapid.IntRange(-1, 5).Draw(t, "arrival")), withdrawn: rapid.IntRange(0, 4).Draw(t, "withdrawn") == 0, row: row,
			})
		}
		out = append(out, it)
	}
	return out
}

// TestIncrementalIsRebuildAcrossPeriods is TestIncrementalIsRebuild for formulas
// that look at other periods than their own.
func TestIncrementalIsRebuildAcrossPeriods(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		items := drawWide(rt)
		rebuild := newPipeline(t, wideModel(), small(), 1)
		var all []auyl.Payload
		for _, it := range items {
			all = append(all, it.payloads(t)...)
		}
		rebuild.frame(all)

		order := rapid.Permutation(items).Draw(rt, "order")
		order = append(order, order[rapid.IntRange(0, len(order)-1).Draw(rt, "again")])
		inc := newPipeline(t, wideModel(), small(), rapid.IntRange(1, 4).Draw(rt, "workers"))
		one := newPipeline(t, wideModel(), small(), 1)
		var frame []auyl.Payload
		for i, it := range order {
			frame = append(frame, it.payloads(t)...)
			if i == len(order)-1 || rapid.Bool().Draw(rt, "cut") {
				if !samePayloads(inc.frame(frame), one.frame(frame)) {
					rt.Fatal("the number of workers changed a byte")
				}
				frame = nil
			}
		}
		if diff := cmp.Diff(rebuild.cells, inc.cells); diff != "" {
			rt.Fatalf("rebuild (-) and incremental (+) differ:\n%s", diff)
		}
	})
}
