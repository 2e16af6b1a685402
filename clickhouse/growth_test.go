package clickhouse_test

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// TestGrowthViewAgreesWithTheOracle: the view has what pandas has of a series of months, one with gaps among them, which
// package timeseries holds too.
func TestGrowthViewAgreesWithTheOracle(t *testing.T) {
	t.Parallel()
	read := func(name string) [][]string {
		f, err := os.Open("../transform/timeseries/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows[1:]
	}
	db := open(t)
	loadReference(t, db)
	areas := map[string]uint32{"full": 195200000, "gaps": 193600000, "short": 194000000, "counts": 194200000}
	month := func(step int) string { return fmt.Sprintf("%d-%02d-01", 2016+step/12, 1+step%12) }
	all := &wire.Cells{
		Vintage: vintage(1, 1, base), IndicatorDict: []string{"population_total"}, ReasonDict: []string{""}, BoundaryDict: []string{"KATO"},
	}
	add := func(area uint32, freq auyl.Freq, start string, value float64) {
		all.Indicator, all.Area, all.Level = append(all.Indicator, 0), append(all.Area, area), append(all.Level, byte(auyl.LevelDistrict))
		all.Freq, all.Start, all.Value = append(all.Freq, byte(freq)), append(all.Start, day(t, start)), append(all.Value, value)
		all.HasValue, all.Numerator, all.Denominator = append(all.HasValue, 1), append(all.Numerator, 0), append(all.Denominator, 0)
		all.Coverage, all.Status, all.Reason = append(all.Coverage, 1), append(all.Status, 'A'), append(all.Reason, 0)
		all.Origin, all.FormulaVersion, all.Boundary = append(all.Origin, 1), append(all.FormulaVersion, 1), append(all.Boundary, 0)
	}
	for _, r := range read("series.csv") {
		if area, ok := areas[r[0]]; ok && r[2] != "" { // a missing month has no row at all
			step, err1 := strconv.Atoi(r[1])
			value, err2 := strconv.ParseFloat(r[2], 64)
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			add(area, 'M', month(step), value)
		}
	}
	for _, c := range []struct {
		freq  auyl.Freq
		start string
		value float64
	}{
		{'A', "2023-01-01", 8},
		{'A', "2024-01-01", 10},
		{'S', "2024-07-01", 4},
		{'S', "2025-01-01", 6},
		{'S', "2025-07-01", 5},
		{'Q', "2024-10-01", -2},
		{'Q', "2025-01-01", 3},
		{'Q', "2025-10-01", 6},
		{'W', "2024-12-23", 50},
		{'W', "2024-12-30", 75},
		{'W', "2023-12-25", 25},
		{'D', "2024-02-29", 1},
		{'D', "2024-03-01", 2},
		{'D', "2025-03-01", 3},
	} {
		add(196600000, c.freq, c.start, c.value)
	}
	insert(t, db, "indicator_value", "growth", all)

	got := map[string][]string{}
	for _, line := range strings.Split(strings.TrimSpace(raw(t, db, "tsv", "SELECT area, period_start, growth, growth_year, change_year, average_3, average_12, index_year FROM indicator_growth WHERE freq = 'M'")), "\n")[1:] {
		f := strings.Split(line, "\t")
		got[f[0]+f[1]] = f[2:]
	}
	growth, averages := read("growth.csv"), read("averages.csv")
	held := 0
	for i, g := range growth {
		area, ok := areas[g[0]]
		step, err := strconv.Atoi(g[1])
		if err != nil {
			t.Fatal(err)
		}
		row := got[fmt.Sprint(area)+month(step)]
		if !ok || row == nil {
			continue
		}
		held++
		for j, want := range []string{g[2], g[3], g[4], averages[i][2], averages[i][3], g[7]} {
			if want == "" {
				want = `\N`
			}
			a, err1 := strconv.ParseFloat(row[j], 64)
			b, err2 := strconv.ParseFloat(want, 64)
			if (err1 == nil) != (err2 == nil) || err1 == nil && math.Abs(a-b) > 1e-9*math.Max(1, math.Abs(b)) {
				t.Errorf("%s of step %s, column %d = %s, want %s", g[0], g[1], j, row[j], want)
			}
		}
	}
	if held != 120+114+18+60 {
		t.Errorf("%d cells were held against the oracle, want 312", held)
	}
	want := `freq	period	previous	growth	year_before	growth_year
A	2023	\N	\N	\N	\N
A	2024	8	25	8	25
D	2024-02-29	\N	\N	\N	\N
D	2024-03-01	1	100	\N	\N
D	2025-03-01	\N	\N	2	50
Q	2024-Q4	\N	\N	\N	\N
Q	2025-Q1	-2	\N	\N	\N
Q	2025-Q4	\N	\N	-2	\N
S	2024-S2	\N	\N	\N	\N
S	2025-S1	4	50	\N	\N
S	2025-S2	6	-16.666667	4	25
W	2023-W52	\N	\N	\N	\N
W	2024-W52	\N	\N	25	100
W	2025-W01	50	50	\N	\N
`
	if diff := cmp.Diff(want, raw(t, db, "tsv", "SELECT freq, period, previous, round(growth, 6) AS growth, year_before, growth_year FROM indicator_growth WHERE area = '196600000' ORDER BY toString(freq), period_start")); diff != "" {
		t.Errorf("periods of all frequencies (-want +got):\n%s", diff)
	}
}
