package transform_test

import (
	"testing"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
)

const one = auyl.DecimalOne

// populations gives each settlement of the small registry 100 people.
func populations(v vintage, day string) []fact {
	var out []fact
	for i, a := range settlements(small()) {
		out = append(out, fact{"population_end", "", a, day, 100 * one, 0, v, uint32(i + 1)})
	}
	return out
}

func births(v vintage, month string, values ...int64) []fact {
	var out []fact
	for i, a := range settlements(small()) {
		if i < len(values) && values[i] >= 0 {
			out = append(out, fact{"births", "", a, month, auyl.Decimal(values[i]) * one, 0, v, uint32(i + 1)})
		}
	}
	return out
}

func TestSumGoesUpWithCoverage(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, testModel(), small(), 1)
	p.frame(observations(t, populations(vintage{seq: 1}, "2026-01-01")))
	p.frame(observations(t, births(vintage{seq: 2}, "2026-M01", 3, 0, 4, -1, 5, -1, -1, -1)))
	p.want("births_total 993030100 2026-M01", "3 A")
	p.want("births_total 993030200 2026-M01", "0 A") // a true zero
	p.want("births_total 993030000 2026-M01", "3 A")
	p.want("births_total 993032000 2026-M01", "4 E") // half of the people
	p.want("births_total 993032200 2026-M01", "- M no_data")
	p.want("births_total 993000000 2026-M01", "7 E")
	p.want("births_total 993400000 2026-M01", "- M coverage")
	p.want("births_total 990000000 2026-M01", "12 E") // 4 of 8
	p.want("births_max 990000000 2026-M01", "5 E")
	p.want("births_min 993000000 2026-M01", "0 E")
	p.want("births_published 993030100 2026-M01", "3 A")
	p.want("births_published 993000000 2026-M01", "nothing")
	if got := p.cells["births_total 990000000 2026-M01"].Coverage; got != 0.5 {
		t.Errorf("coverage = %v, want 0.5", got)
	}
	p.want("population_total 990000000 2026-01-01", "800 A")
}

func TestRatioIsRatioOfSums(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, testModel(), small(), 1)
	p.frame(observations(t, populations(vintage{seq: 1}, "2026-01-01")))
	f := births(vintage{seq: 2}, "2026-M01", 3, 1, 4, 2, 5, 0, 0, 0)
	for _, b := range f {
		b.series, b.value, b.row = "deaths", one, b.row+100
		f = append(f, b)
	}
	p.frame(observations(t, f))
	p.want("natural_rate 993030100 2026-M01", "20 A")
	p.want("natural_rate 993000000 2026-M01", "15 A")
	p.want("natural_rate 993432200 2026-M01", "-10 A")
	p.want("natural_rate 990000000 2026-M01", "8.75 A")
	p.want("mean_rate 990000000 2026-M01", "18.75 A")
}

func TestLateStockRecomputesWhatUsedIt(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, testModel(), small(), 1)
	p.frame(observations(t, births(vintage{seq: 1}, "2026-M03", 3, 1, 4, 2, 5, 0, 0, 0)))
	p.want("mean_rate 993030100 2026-M03", "- M no_data")
	p.frame(observations(t, populations(vintage{seq: 2}, "2026-01-01")))
	p.want("mean_rate 993030100 2026-M03", "30 A")
	// A newer stock within the carried time replaces it, one after the period does not.
	p.frame(observations(t, []fact{
		{"population_end", "", 993030100, "2026-03-01", 50 * one, 0, vintage{seq: 3}, 1},
		{"population_end", "", 993030100, "2026-04-02", 10 * one, 0, vintage{seq: 3}, 2},
	}))
	p.want("mean_rate 993030100 2026-M03", "60 A")
	p.frame(observations(t, []fact{{"births", "", 993030100, "2027-M06", one, 0, vintage{seq: 4}, 1}}))
	p.want("births_total 993030100 2027-M06", "1 A")
	p.want("mean_rate 993030100 2027-M06", "- M no_data") // the stock is older than 400 days
}

func TestBetterVintageStands(t *testing.T) {
	t.Parallel()
	press := vintage{seq: 5, released: 50, rank: auyl.RankPress}
	p := newPipeline(t, testModel(), small(), 1)
	at := func(v vintage, n int64) { p.frame(observations(t, births(v, "2026-M01", n))) }
	at(vintage{seq: 1, released: 10}, 7)
	at(press, 9)
	p.want("births_total 993030100 2026-M01", "7 A")
	at(vintage{seq: 6, released: 5}, 8) // fetched later, released earlier
	p.want("births_total 993030100 2026-M01", "7 A")
	at(vintage{seq: 7, released: 10}, 6)
	p.want("births_total 993030100 2026-M01", "6 A")
	p.frame(observations(t, []fact{{"births", "", 993030100, "2026-M01", 0, auyl.StatusMissing, vintage{seq: 8, released: 11}, 1}}))
	p.want("births_total 993030100 2026-M01", "- M no_data")
	p.frame(observations(t, []fact{{"births", "", 993030100, "2026-M01", 0, auyl.StatusConfidential, vintage{seq: 9, released: 11}, 1}}))
	p.want("births_total 993030100 2026-M01", "- C confidential")
}

func TestDirectFigureStandsBeforeTheSum(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, testModel(), small(), 1)
	p.frame(observations(t, populations(vintage{seq: 1}, "2026-01-01")))
	p.frame(observations(t, births(vintage{seq: 2}, "2026-M01", 3, 1, 4, 2, 5, 0, 0, 0)))
	p.frame(observations(t, []fact{{"births", "", 993000000, "2026-M01", 11 * one, auyl.StatusProvisional, vintage{seq: 3}, 1}}))
	p.want("births_total 993000000 2026-M01", "11 P")
	p.want("births_total 993030000 2026-M01", "4 A")
	p.want("births_total 990000000 2026-M01", "16 P")
	p.frame(observations(t, []fact{{"births", "", 990000000, "2026-M01", 17 * one, 0, vintage{seq: 4}, 1}}))
	p.want("births_total 990000000 2026-M01", "17 A")
	if f := p.cells["births_total 990000000 2026-M01"]; f.Direct != 1 || f.Coverage != 1 {
		t.Errorf("oblast cell = %+v, want direct with coverage 1", f)
	}
	// The ratio has only one part published for the oblast: it stays the ratio of sums.
	p.want("mean_rate 993030100 2026-M01", "30 A")
	// Taken back, the sum is seen again.
	p.frame(observations(t, []fact{{"births", "", 990000000, "2026-M01", 0, auyl.StatusMissing, vintage{seq: 5}, 1}}))
	p.want("births_total 990000000 2026-M01", "16 P")
	p.frame(observations(t, []fact{{"births", "", auyl.CountryCode, "2026-M01", 900 * one, 0, vintage{seq: 6}, 1}}))
	p.want("births_total 000000000 2026-M01", "900 A")
}

func TestMeanIsWeightedByPopulation(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, testModel(), small(), 1)
	p.frame(observations(t, []fact{
		{"population_end", "", 993000000, "2026-01-01", 300 * one, 0, vintage{seq: 1}, 1},
		{"population_end", "", 993400000, "2026-01-01", 100 * one, 0, vintage{seq: 1}, 2},
		{"wage", "", 993000000, "2026-Q1", 200 * one, 0, vintage{seq: 1}, 3},
		{"wage", "", 993400000, "2026-Q1", 400 * one, 0, vintage{seq: 1}, 4},
	}))
	p.want("wage_mean 993400000 2026-Q1", "400 A")
	p.want("wage_mean 990000000 2026-Q1", "250 A")
	p.want("wage_mean 993030100 2026-Q1", "nothing")
	p.want("population_total 990000000 2026-01-01", "400 A")
	p.want("population_total 993030100 2026-01-01", "nothing")
}

func TestHalfYearTakesTheStockAtItsEnd(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, testModel(), small(), 1)
	p.frame(observations(t, populations(vintage{seq: 1}, "2026-01-01")))
	var f []fact
	for i, a := range settlements(small()) {
		f = append(f, fact{"with_water", "", a, "2026-07-01", 25 * one, 0, vintage{seq: 2}, uint32(i)})
	}
	p.frame(observations(t, f))
	p.want("water_share 990000000 2026-S1", "25 A")
	p.want("water_share 990000000 2026-S2", "nothing")
}

func TestRereadPageSaysNothing(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, testModel(), small(), 1)
	in := observations(t, append(populations(vintage{seq: 1}, "2026-01-01"), births(vintage{seq: 1}, "2026-M01", 1, 2, 3)...))
	if out := p.frame(in); len(out) == 0 {
		t.Fatal("first reading said nothing")
	}
	step, err := p.district.Apply(p.ds, in)
	if err != nil || len(step.Out) != 0 || len(step.Changes) != 0 {
		t.Errorf("second reading: %d messages, %d changes, %v; want none", len(step.Out), len(step.Changes), err)
	}
}

func TestOtherSubjectsArePassedOver(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, testModel(), small(), 1)
	for _, s := range []stage{p.district, p.oblast} {
		step, err := s.Apply(newMemory(), []auyl.Payload{{Subject: "dead.a.b", Data: []byte{0xff}}, {Subject: "flow.a.b"}, {Subject: "ind.o.990000000", Data: []byte{0xff}}})
		if err != nil || len(step.Out)+len(step.Changes) != 0 {
			t.Errorf("Apply = %+v, %v, want nothing", step, err)
		}
	}
	if _, err := p.district.Apply(newMemory(), []auyl.Payload{{Subject: "obs.993000000", Data: []byte{0xff}}}); err == nil {
		t.Error("a message that is no protobuf was passed over")
	}
}

// TestReplayChangesCellsNow: a figure that was refused when its page came stands
// under the vintage of that page, behind newer ones, and the cells it changes are
// as new as the replay.
func TestReplayChangesCellsNow(t *testing.T) {
	t.Parallel()
	again := func(facts []fact) []auyl.Payload {
		in := observations(t, facts)
		for i := range in {
			var o wire.Observations
			if err := wire.Unmarshal(in[i].Data, &o); err != nil {
				t.Fatal(err)
			}
			o.Vintage.ReplaySeq, o.Vintage.ReplayedAtMs = 9, 9000
			var err error
			if in[i].Data, err = wire.Marshal(&o); err != nil {
				t.Fatal(err)
			}
		}
		return in
	}
	p := newPipeline(t, testModel(), small(), 1)
	p.frame(observations(t, populations(vintage{seq: 1}, "2026-01-01")))
	p.frame(observations(t, births(vintage{seq: 3}, "2026-M01", 3, 0, 4)))
	out := p.frame(again(births(vintage{seq: 2}, "2026-M01", 7, -1, -1, 2)))
	p.want("births_total 993030100 2026-M01", "3 A") // page 3 stands
	p.want("births_total 993032200 2026-M01", "2 A")
	p.want("births_total 993000000 2026-M01", "9 A")
	for _, m := range out {
		var c wire.Cells
		if err := wire.Unmarshal(m.Data, &c); err != nil {
			t.Fatal(err)
		}
		if v := c.GetVintage(); v.GetRawSeq() != 9 || v.GetRecordedAtMs() != 9000 {
			t.Errorf("%s has vintage %v", m.Subject, v)
		}
	}
	if len(out) == 0 {
		t.Error("nothing was said")
	}
}
