package transform_test

import (
	"fmt"
	"math"
	"strconv"
	"testing"
	"time"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/transform"
)

// TestCallsAgreeWithOracleAtThreeInstants: counts, shares within the limit and quantiles of calls in okrugs, districts and the
// oblast, with late calls, corrections that move a call, deletions before the call and restored calls.
func TestCallsAgreeWithOracleAtThreeInstants(t *testing.T) {
	t.Parallel()
	m := transform.Model{}
	series := func(id auyl.SeriesID, where, measure string) {
		m.Series = append(m.Series, transform.Series{
			ID: id, Kind: transform.KindFlow, Level: auyl.LevelOkrug,
			Event: &transform.EventRule{Kind: "ambulance_call", Where: where, Measure: measure, Window: auyl.FreqMonth},
		})
	}
	series("calls", "", "count")
	series("arrived", "arrival >= 0", "count")
	series("judged", "arrival >= 0 and limit >= 0", "count")
	series("within", "arrival <= limit", "count")
	series("judged13", "arrival >= 0 and category <= 3", "count")
	series("within13", "arrival <= limit and category <= 3", "count")
	series("judged4", "arrival >= 0 and category == 4", "count")
	series("within4", "arrival <= limit and category == 4", "count")
	series("minutes", "arrival >= 0", "values(arrival)")
	columns := map[auyl.IndicatorID]int{} // of exp_calls.csv
	indicator := func(column int, id auyl.IndicatorID, numerator, denominator, rollup string, factor, quantile float64) {
		columns[id] = column
		m.Indicators = append(m.Indicators, transform.Indicator{
			ID: id, Freq: auyl.FreqMonth, Level: auyl.LevelOkrug, Numerator: numerator, Denominator: denominator, Factor: factor, Rollup: rollup, Quantile: quantile, Version: 1,
		})
	}
	indicator(3, "calls_total", "calls", "", "sum", 1, 0)
	indicator(4, "arrived_total", "arrived", "", "sum", 1, 0)
	indicator(5, "judged_total", "judged", "", "sum", 1, 0)
	indicator(6, "within_total", "within", "", "sum", 1, 0)
	indicator(7, "within_share", "within", "judged", "ratio", 100, 0)
	indicator(8, "within13_share", "within13", "judged13", "ratio", 100, 0)
	indicator(9, "within4_share", "within4", "judged4", "ratio", 100, 0)
	indicator(10, "p50", "minutes", "", "quantile", 1, 0.5)
	indicator(11, "p90", "minutes", "", "quantile", 1, 0.9)
	indicator(12, "p95", "minutes", "", "quantile", 1, 0.95)
	areas := []auyl.Area{area(auyl.CountryCode), area(990000000), area(993000000), area(993400000)}
	for _, o := range []auyl.AreaCode{993030000, 993032000, 993034000, 993430000, 993432000, 993434000, 993436000} {
		areas = append(areas, area(o))
	}
	p := newPipeline(t, m, areas, 2)
	all, want := records(t, "quantiles/calls.csv"), records(t, "quantiles/exp_calls.csv")
	checked := 0
	for asOf := 1; asOf <= 3; asOf++ {
		var page []auyl.Payload
		for i, r := range all {
			if r[0] == strconv.Itoa(asOf) {
				page = append(page, judgedCall(t, r, uint32(i+1)))
			}
		}
		p.frame(page)
		for _, w := range want {
			if w[0] != strconv.Itoa(asOf) {
				continue
			}
			for id, column := range columns {
				c := p.cells[fmt.Sprintf("%s %s %s", id, w[1], w[2])]
				switch {
				case w[column] == "" || w[3] == "0": // a window without calls has no figure, or the figure zero
					if c.Has&1 != 0 && (c.Value != 0 || w[column] == "") {
						t.Errorf("%s of %v = %+v, want none", id, w, c)
					}
				case c.Has&1 == 0 || math.Abs(c.Value-number(t, w[column])) > 1e-9*number(t, w[column]):
					t.Errorf("%s of %v = %+v, want %s", id, w, c, w[column])
				default:
					checked++
				}
			}
		}
	}
	if checked < 300 {
		t.Errorf("%d figures compared, want more", checked)
	}
}

// judgedCall is a message of one record of the oracle, with the limit of its category in minutes. Its version says which stands.
func judgedCall(tb testing.TB, r []string, row uint32) auyl.Payload {
	tb.Helper()
	at, err1 := time.Parse(time.RFC3339, r[4])
	code, err2 := auyl.ParseAreaCode(r[5])
	if err1 != nil || err2 != nil {
		tb.Fatal(err1, err2)
	}
	attribute := func(name, text string) *wire.Attribute {
		a := &wire.Attribute{Name: name, Value: []int64{0}, Present: []bool{text != ""}}
		if text != "" {
			d, err := auyl.ParseDecimal(text)
			if err != nil {
				tb.Fatal(err)
			}
			a.Value[0] = int64(d)
		}
		return a
	}
	limit := map[string]string{"1": "10", "2": "15", "3": "30", "4": "60"}[r[6]]
	data, err := wire.Marshal(&wire.Events{
		Vintage:  vintage{seq: 1, released: int64(number(tb, r[2]))}.wire(),
		KindDict: []string{"ambulance_call"}, Kind: []uint32{0}, Id: []string{r[1]}, Area: []uint32{uint32(code)}, OccurredAtMs: []int64{at.UnixMilli()},
		ReportedAtMs: []int64{at.UnixMilli()}, Withdrawn: []bool{r[3] == "1"}, Row: []uint32{row},
		Attributes: []*wire.Attribute{attribute("arrival", r[7]), attribute("category", r[6]), attribute("limit", limit)},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return auyl.Payload{Subject: "evt." + code.District().String(), Data: data}
}
