package transform_test

import (
	"encoding/csv"
	"os"
	"testing"

	auyl "github.com/auyl-kz/auyl"
)

// registry reads the areas that the program ships.
func registry(tb testing.TB) []auyl.Area {
	tb.Helper()
	f, err := os.Open("../schemas/areas/areas.csv")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	day := func(s string) auyl.Day {
		if s == "" {
			return auyl.MaxDay
		}
		d, err := auyl.ParseDay(s)
		if err != nil {
			tb.Fatal(err)
		}
		return d
	}
	var out []auyl.Area
	for _, r := range rows[1:] {
		code, err1 := auyl.ParseAreaCode(r[0])
		level, err2 := auyl.ParseLevel(r[2])
		if err1 != nil || err2 != nil {
			tb.Fatal(err1, err2)
		}
		a := auyl.Area{Code: code, Level: level, ValidFrom: day(r[7]), ValidTo: day(r[8])}
		if r[1] != "" {
			if a.Parent, err = auyl.ParseAreaCode(r[1]); err != nil {
				tb.Fatal(err)
			}
		}
		out = append(out, a)
	}
	return out
}

// population2023 is the population of Almaty oblast by district on 1 January
// 2023 as the Bureau of National Statistics published it (series 18).
var population2023 = map[auyl.AreaCode]int64{
	191000000: 70513,
	193600000: 28816,
	194000000: 284334,
	194200000: 168019,
	194400000: 28323,
	195200000: 326547,
	195800000: 29200,
	196200000: 240022,
	196600000: 63533,
	196800000: 266677,
}

// TestPopulationOfAlmatyOblastIn2023: the districts add up to what the bureau
// published for the oblast; half a year later it published another figure for
// the oblast alone (dynamic table), which then stands.
func TestPopulationOfAlmatyOblastIn2023(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, testModel(), registry(t), 2)
	bulletin := vintage{seq: 1, released: 1675209600000}
	var f []fact
	for a, n := range population2023 {
		f = append(f, fact{"population_end", "", a, "2023-01-01", auyl.Decimal(n) * one, 0, bulletin, uint32(a % 1000)})
	}
	p.frame(observations(t, f))
	p.want("population_total 190000000 2023-01-01", "1.505984e+06 A")
	if c := p.cells["population_total 190000000 2023-01-01"]; c.Direct != 0 || c.Coverage != 1 || c.Boundary != "KATO-2022-06-08" {
		t.Errorf("oblast cell = %+v", c)
	}
	p.want("population_total 191000000 2023-01-01", "70513 A")
	before := p.emitted
	dynamic := vintage{seq: 2, released: 1689724800000}
	p.frame(observations(t, []fact{
		{"population_end", "", 190000000, "2023-01-01", 1505968 * one, 0, dynamic, 24},
		{"population_end", "", 190000000, "2005-01-01", 1400000 * one, 0, dynamic, 6},
	}))
	p.want("population_total 190000000 2023-01-01", "1.505968e+06 A")
	// Recalculated by the publisher for boundaries that came later.
	p.want("population_total 190000000 2005-01-01", "1.4e+06 A")
	if n := p.emitted - before; n != 4 { // two of ind.x, two of ind.o
		t.Errorf("%d cells published for two figures, want 4", n)
	}
}
