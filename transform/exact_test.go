package transform_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	auyl "github.com/auyl-kz/auyl"
)

const (
	hasNumerator   = 2
	hasDenominator = 4
)

// parts checks the value of a cell and what it is said to be divided from.
func (p *pipeline) parts(key string, value float64, num, den auyl.Decimal) {
	p.t.Helper()
	f := p.cells[key]
	if f.Has&(hasNumerator|hasDenominator) != hasNumerator|hasDenominator || f.Value != value || f.Num != num || f.Den != den {
		p.t.Errorf("%s = %+v, want value %v of %v / %v", key, f, value, num, den)
	}
}

func (p *pipeline) noParts(key string) {
	p.t.Helper()
	if f := p.cells[key]; f.Has&(hasNumerator|hasDenominator) != 0 || f.Num != 0 || f.Den != 0 {
		p.t.Errorf("%s = %+v, want no numerator and no denominator", key, f)
	}
}

// TestMeanWithUnknownWeightSaysWhatItDivided: the mean of the units whose
// population is known was published with numerator 0.
func TestMeanWithUnknownWeightSaysWhatItDivided(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, testModel(), small(), 1)
	p.frame(observations(t, populations(vintage{seq: 1}, "2026-01-01")[1:]))
	p.frame(observations(t, births(vintage{seq: 2}, "2026-M01", 3, 1, 4, 2, 5, 0, 0, 0)))
	p.want("mean_rate 993030100 2026-M01", "- M no_data")
	p.parts("mean_rate 993030000 2026-M01", 10, 1000*one, 100*one)
	p.parts("mean_rate 993032000 2026-M01", 30, 6000*one, 200*one)
	p.parts("mean_rate 993000000 2026-M01", 7000./300, 7000*one, 300*one)
	// The oblast has the same units, however they are grouped.
	p.parts("mean_rate 990000000 2026-M01", 12000./700, 12000*one, 700*one)
	if f := p.cells["mean_rate 990000000 2026-M01"]; f.WeightOf != -1 {
		t.Errorf("population of the oblast = %d, want it unknown", f.WeightOf)
	}
}

func TestMeanOfDistrictsWithUnknownWeight(t *testing.T) {
	t.Parallel()
	wages := func(p *pipeline) {
		p.frame(observations(t, []fact{
			{"wage", "", 993000000, "2026-Q1", 200 * one, 0, vintage{seq: 1}, 3},
			{"wage", "", 993400000, "2026-Q1", 400 * one, 0, vintage{seq: 1}, 4},
		}))
	}
	p := newPipeline(t, testModel(), small(), 1)
	wages(p)
	p.want("wage_mean 993000000 2026-Q1", "200 A")
	p.want("wage_mean 990000000 2026-Q1", "- M weight_zero") // not "overflow"
	p.noParts("wage_mean 990000000 2026-Q1")
	p.frame(observations(t, []fact{{"population_end", "", 993000000, "2026-01-01", 300 * one, 0, vintage{seq: 2}, 1}}))
	p.parts("wage_mean 990000000 2026-Q1", 200, 60000*one, 300*one)
}

// TestNothingWeighedIsNoOverflow: a district whose units reported, none of
// known population, adds nothing to the mean of its oblast and does not empty it.
func TestNothingWeighedIsNoOverflow(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, testModel(), small(), 1)
	var f []fact
	for i, a := range settlements(small()) {
		f = append(f, fact{"with_water", "", a, "2026-01-01", 7 * one, 0, vintage{seq: 1}, uint32(i)})
	}
	p.frame(observations(t, f))
	p.want("water_mean 993000000 2026-01-01", "- M weight_zero")
	p.noParts("water_mean 993000000 2026-01-01")
	p.noParts("water_mean 990000000 2026-01-01")
	// Weights are carried, here from the month before.
	p.frame(observations(t, populations(vintage{seq: 2}, "2025-12-15")[4:]))
	p.want("water_mean 993000000 2026-01-01", "- M weight_zero")
	p.want("water_mean 993430100 2026-01-01", "7 A")
	p.parts("water_mean 990000000 2026-01-01", 7, 2800*one, 400*one)
}

// TestDayTakesTheStocksOfThatDay: the district published a figure for April;
// its okrugs repeated those of January beside it.
func TestDayTakesTheStocksOfThatDay(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, testModel(), small(), 1)
	p.frame(observations(t, populations(vintage{seq: 1}, "2025-01-01")))
	p.frame(observations(t, []fact{{"population_end", "", 993000000, "2025-04-01", 390 * one, 0, vintage{seq: 2}, 1}}))
	p.want("population_total 993000000 2025-04-01", "390 A")
	p.want("population_total 993030000 2025-04-01", "nothing")
	p.want("population_total 993030100 2025-04-01", "nothing")
	p.want("population_total 990000000 2025-04-01", "390 E") // the other district said nothing of that day
	p.want("population_total 993030000 2025-01-01", "200 A")

	// One unit of that day: the others are missing, not old.
	p.frame(observations(t, []fact{{"population_end", "", 993030100, "2025-04-01", 90 * one, 0, vintage{seq: 3}, 1}}))
	p.want("population_total 993030100 2025-04-01", "90 A")
	p.want("population_total 993030200 2025-04-01", "- M no_data")
	p.want("population_total 993030000 2025-04-01", "- M coverage") // 90 of 190: weights are carried
	p.want("population_total 993032000 2025-04-01", "- M no_data")
	p.want("population_total 993000000 2025-04-01", "390 A")
}

func TestDayRatioDividesByTheSameDay(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, testModel(), small(), 1)
	p.frame(observations(t, populations(vintage{seq: 1}, "2026-01-01")))
	water := func(seq uint64, day string) {
		var f []fact
		for i, a := range settlements(small()) {
			f = append(f, fact{"with_water", "", a, day, 25 * one, 0, vintage{seq: seq}, uint32(i)})
		}
		p.frame(observations(t, f))
	}
	water(2, "2026-01-01")
	p.want("water_day 990000000 2026-01-01", "25 A")
	water(3, "2026-07-01")
	p.want("water_day 993030100 2026-07-01", "- M no_data") // nobody was counted on that day
	p.want("water_day 990000000 2026-07-01", "- M no_data")
	p.want("water_share 990000000 2026-S1", "25 A") // a period with an extent carries
	// The denominator comes late.
	p.frame(observations(t, populations(vintage{seq: 4}, "2026-07-01")))
	p.want("water_day 990000000 2026-07-01", "25 A")
}

func TestLastCarriesStocksToTheDay(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, testModel(), small(), 1)
	a := settlements(small())
	p.frame(observations(t, populations(vintage{seq: 1}, "2026-01-01")))
	p.frame(observations(t, []fact{
		{"with_water", "", a[0], "2026-01-01", 25 * one, 0, vintage{seq: 2}, 1},
		{"with_water", "", a[1], "2026-01-01", 35 * one, 0, vintage{seq: 2}, 2},
		{"with_water", "", a[0], "2026-02-01", 20 * one, 0, vintage{seq: 2}, 3},
	}))
	p.want("water_last 993030000 2026-02-01", "55 A")
	p.frame(observations(t, []fact{{"with_water", "", a[1], "2026-01-01", 40 * one, 0, vintage{seq: 3}, 1}}))
	p.want("water_last 993030000 2026-02-01", "60 A")
	p.frame(observations(t, []fact{{"with_water", "", a[0], "2027-02-06", 20 * one, 0, vintage{seq: 4}, 1}}))
	p.want("water_last 993030200 2027-02-06", "- M no_data") // older than 400 days
}

// TestMeanIsNumeratorByDenominator holds whatever is known of the weights.
func TestMeanIsNumeratorByDenominator(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := newPipeline(t, testModel(), small(), 1)
		for _, it := range drawItems(rt) {
			p.frame(it.payloads(t))
		}
		for key, f := range p.cells {
			mean := strings.Contains(key, "_mean ") || strings.Contains(key, "mean_rate ")
			if !mean || f.Direct == 1 || f.Has&1 == 0 {
				continue
			}
			got := f.Num.Float64() / f.Den.Float64()
			// A numerator is rounded to ten-thousandths.
			if f.Has&hasNumerator == 0 || !(math.Abs(got-f.Value) <= 1e-3/f.Den.Float64()+1e-9*math.Abs(f.Value)) {
				rt.Fatalf("%s = %+v, parts give %v", key, f, got)
			}
		}
	})
}
