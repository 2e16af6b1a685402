package transform_test

import (
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/transform"
)

func records(tb testing.TB, name string) [][]string {
	tb.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	return rows[1:]
}

func number(tb testing.TB, s string) float64 {
	tb.Helper()
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// TestQuantilesOfCallsAtThreeInstants: corrections and withdrawals take their
// values out of the windows that they left.
func TestQuantilesOfCallsAtThreeInstants(t *testing.T) {
	t.Parallel()
	m := transform.Model{Series: []transform.Series{
		{ID: "arrivals", Kind: transform.KindFlow, Level: auyl.LevelOkrug, Event: &transform.EventRule{Kind: "ambulance_call", Measure: "values(arrival)", Window: auyl.FreqMonth}},
	}}
	shares := []float64{0.5, 0.9, 0.95}
	for i, q := range shares {
		m.Indicators = append(m.Indicators, transform.Indicator{
			ID: auyl.IndicatorID(fmt.Sprint("p", i)), Freq: auyl.FreqMonth, Level: auyl.LevelOkrug, Numerator: "arrivals", Rollup: "quantile", Quantile: q, Version: 1,
		})
	}
	areas := []auyl.Area{area(auyl.CountryCode), area(990000000)}
	for _, d := range []auyl.AreaCode{993000000, 993400000} {
		areas = append(areas, area(d))
		for o := d + 30000; o <= d+36000; o += 2000 {
			areas = append(areas, area(o))
		}
	}
	p := newPipeline(t, m, areas, 2)
	all, want := records(t, "quantiles/records.csv"), records(t, "quantiles/exp_windows.csv")
	checked := 0
	for asOf := 1; asOf <= 3; asOf++ {
		for _, r := range all {
			if r[0] == fmt.Sprint(asOf) {
				p.frame(arrival(t, r))
			}
		}
		for _, w := range want {
			if w[0] != fmt.Sprint(asOf) {
				continue
			}
			for i := range shares {
				c := p.cells[fmt.Sprintf("p%d %s %s", i, w[1], w[2])]
				if w[4+i] == "" {
					if c.Has&1 != 0 {
						t.Errorf("p%d of %v = %+v, want none", i, w, c)
					}
					continue
				}
				checked++
				if v := number(t, w[4+i]); math.Abs(c.Value-v) > 1e-9*v || c.Num.String() != w[3] || c.Status != "A" {
					t.Errorf("p%d of %v = %+v", i, w, c)
				}
			}
		}
	}
	if checked < 60 {
		t.Errorf("%d quantiles compared, want more", checked)
	}
}

// arrival is a message of one record of the oracle. Its version says which stands.
func arrival(tb testing.TB, r []string) []auyl.Payload {
	tb.Helper()
	at, err := time.Parse(time.RFC3339, r[4])
	if err != nil {
		tb.Fatal(err)
	}
	code, err := auyl.ParseAreaCode(r[5])
	if err != nil {
		tb.Fatal(err)
	}
	minutes := auyl.Decimal(0)
	if r[6] != "" {
		if minutes, err = auyl.ParseDecimal(r[6]); err != nil {
			tb.Fatal(err)
		}
	}
	data, err := wire.Marshal(&wire.Events{
		Vintage:  vintage{seq: 1, released: int64(number(tb, r[2]))}.wire(),
		KindDict: []string{"ambulance_call"}, Kind: []uint32{0}, Id: []string{r[1]}, Area: []uint32{uint32(code)}, OccurredAtMs: []int64{at.UnixMilli()},
		ReportedAtMs: []int64{at.UnixMilli()}, Withdrawn: []bool{r[3] == "1"}, Row: []uint32{1},
		Attributes: []*wire.Attribute{{Name: "arrival", Value: []int64{int64(minutes)}, Present: []bool{r[6] != ""}}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return []auyl.Payload{{Subject: "evt." + code.District().String(), Data: data}}
}

// TestQuantilesAreOfTheUnion: of districts and the oblast, and of quarters, from
// all values below and never from quantiles.
func TestQuantilesAreOfTheUnion(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := newPipeline(t, wideModel(), small(), 2)
		standing := map[string]call{}
		row := uint32(0)
		for seq := range rapid.IntRange(1, 5).Draw(rt, "pages") {
			v := vintage{seq: uint64(seq + 1)}
			var page []call
			for range rapid.IntRange(1, 12).Draw(rt, "calls") {
				row++
				c := call{
					id: fmt.Sprint(rapid.IntRange(1, 12).Draw(rt, "id")), area: rapid.SampledFrom(settlements(small())).Draw(rt, "area"),
					at:      fmt.Sprintf("2026-%02d-05T00:00:00Z", rapid.IntRange(1, 3).Draw(rt, "month")),
					arrival: int64(rapid.IntRange(-1, 30).Draw(rt, "arrival")), withdrawn: rapid.IntRange(0, 5).Draw(rt, "withdrawn") == 0, row: row,
				}
				page = append(page, c)
				standing[c.id] = c
			}
			p.frame(calls(t, v, page...))
		}
		for _, period := range []string{"2026-M01", "2026-M02", "2026-M03", "2026-Q1"} {
			for _, code := range []auyl.AreaCode{990000000, 993000000, 993430000, 993030100} {
				known := map[string]map[auyl.AreaCode]bool{} // months with some call, by district
				var list []float64
				for _, id := range slices.Sorted(maps.Keys(standing)) {
					c := standing[id]
					month := c.at[:5] + "M" + c.at[5:7]
					if known[month] == nil {
						known[month] = map[auyl.AreaCode]bool{}
					}
					known[month][c.area.District()] = true
					in := code == 990000000 || code == c.area.District() || code == c.area.Okrug() || code == c.area
					if in && !c.withdrawn && c.arrival >= 0 && (month == period || period == "2026-Q1") {
						list = append(list, float64(c.arrival))
					}
				}
				districts := []auyl.AreaCode{code.District()}
				if code == 990000000 {
					districts = []auyl.AreaCode{993000000, 993400000}
				}
				complete := true
				for _, m := range []string{"2026-M01", "2026-M02", "2026-M03"} {
					for _, d := range districts {
						complete = complete && (known[m][d] || period != m && period != "2026-Q1")
					}
				}
				if !complete {
					continue
				}
				key := fmt.Sprintf("arrival_p90 %s %s", code, period)
				if period == "2026-Q1" {
					key = fmt.Sprintf("arrival_p90_q %s %s", code, period)
				}
				got := p.cells[key]
				if len(list) == 0 {
					if got.Has&1 != 0 || got.Reason != "denominator_zero" {
						rt.Fatalf("%s = %+v, want no figure of no values", key, got)
					}
					continue
				}
				slices.Sort(list)
				h := float64(len(list)-1) * 0.9
				k := int(h)
				want := list[k] + (h-float64(k))*(list[min(k+1, len(list)-1)]-list[k])
				if math.Abs(got.Value-want/60) > 1e-12 || got.Num != auyl.Decimal(len(list))*one {
					rt.Fatalf("%s = %+v, want %v of %d values", key, got, want/60, len(list))
				}
			}
		}
	})
}

// TestReportsSinceJanuary holds differences to the reference.
func TestReportsSinceJanuary(t *testing.T) {
	t.Parallel()
	pipelines := map[string]*pipeline{}
	for _, r := range records(t, "cumulative/exp_discrete.csv") {
		name := r[0] + r[1]
		if pipelines[name] == nil {
			pipelines[name] = newPipeline(t, wideModel(), small(), 1)
		}
		if r[3] != "" {
			v, err := auyl.DecimalOf(number(t, r[3]))
			if err != nil {
				t.Fatal(err)
			}
			pipelines[name].frame(observations(t, []fact{at("spent", 993030100, r[2], v, 1)}))
		}
	}
	compare := func(r []string, want string) {
		t.Helper()
		name := map[byte]string{'M': "spent_m", 'Q': "spent_q", 'S': "spent_s"}[(r[2] + "....A")[5]]
		if len(r[2]) == 4 {
			name = "spent_a"
		}
		c := pipelines[r[0]+r[1]].cells[name+" 993030100 "+r[2]]
		switch {
		case want == "" && c.Has&1 != 0:
			t.Errorf("%v = %+v, want nothing", r, c)
		case want != "":
			v := number(t, want)
			bound := 1e-9 * math.Abs(v)
			if r[0] == "large" {
				bound = 1e-4 // the reference subtracts numbers of 24 digits as floats
			}
			if c.Has&1 == 0 || math.Abs(c.Value-v) > bound {
				t.Errorf("%v = %+v, want %v", r, c, v)
			}
		}
	}
	for _, r := range records(t, "cumulative/exp_discrete.csv") {
		compare(r, r[4])
	}
	for _, r := range records(t, "cumulative/exp_coarse.csv") {
		compare(r, r[3])
	}
}

// TestGrowthOnThePeriodBefore holds prev and prev_year to the reference.
func TestGrowthOnThePeriodBefore(t *testing.T) {
	t.Parallel()
	m := transform.Model{Series: []transform.Series{{ID: "x", Kind: transform.KindFlow, Level: auyl.LevelSettlement}}}
	for id, before := range map[auyl.IndicatorID]string{"on_previous": "prev(x)", "on_year_before": "prev_year(x)"} {
		m.Indicators = append(m.Indicators, transform.Indicator{ID: id, Freq: auyl.FreqQuarter, Level: auyl.LevelSettlement, Numerator: "x - " + before, Denominator: before, Factor: 100, Rollup: "ratio", Version: 1})
	}
	rows := records(t, "cumulative/exp_growth.csv")
	pipelines := map[string]*pipeline{}
	for _, i := range rand(len(rows)) { // not in order of time
		r := rows[i]
		if pipelines[r[0]] == nil {
			pipelines[r[0]] = newPipeline(t, m, small(), 1)
		}
		if r[2] != "" {
			v, err := auyl.ParseDecimal(r[2])
			if err != nil {
				t.Fatal(err)
			}
			pipelines[r[0]].frame(observations(t, []fact{at("x", 993030100, r[1], v, 1)}))
		}
	}
	for _, r := range rows {
		for i, id := range []string{"on_previous", "on_year_before"} {
			want, reason := r[3+i], r[5+i]
			c := pipelines[r[0]].cells[id+" 993030100 "+r[1]]
			switch {
			case reason == "base_negative": // growth on a loss: here a ratio as any
			case want == "" && c.Has&1 != 0, reason == "base_zero" && c.Reason != "denominator_zero":
				t.Errorf("%s of %v = %+v, want nothing: %s", id, r, c, reason)
			case want != "" && (c.Has&1 == 0 || math.Abs(c.Value-number(t, want)) > 1e-9*100):
				t.Errorf("%s of %v = %+v, want %s", id, r, c, want)
			}
		}
	}
}

// rand returns the numbers below n in an order that is not theirs.
func rand(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = (i*29 + 7) % n
	}
	return out
}
