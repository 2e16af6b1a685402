package rollup_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/auyl-kz/auyl/transform/rollup"
)

// real64 reads a number; an empty one is not known.
func real64(tb testing.TB, s string) float64 {
	tb.Helper()
	if s == "" {
		return math.NaN()
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func TestStandardizedRatesAgreeWithOracle(t *testing.T) {
	t.Parallel()
	strata := map[string][]rollup.Stratum{}
	for _, r := range table(t, "standard.csv") {
		strata[r["area"]] = append(strata[r["area"]], rollup.Stratum{
			Events: real64(t, r["events"]), Population: real64(t, r["population"]), Standard: real64(t, r["standard"]),
		})
	}
	want := table(t, "exp_standard.csv")
	if len(want) != 4 || len(strata) != 4 {
		t.Fatalf("%d and %d areas, want 4", len(want), len(strata))
	}
	for _, r := range want {
		crude, ok := rollup.Crude(strata[r["area"]], 1000)
		if !ok || !near(crude, real64(t, r["crude"])) {
			t.Errorf("%s: crude rate = %v, want %s", r["area"], crude, r["crude"])
		}
		direct, ok := rollup.Standardize(strata[r["area"]], 1000)
		if ok != (r["reason"] == "") || ok && !near(direct, real64(t, r["direct"])) {
			t.Errorf("%s: standardized rate = %v, %v, want %s%s", r["area"], direct, ok, r["direct"], r["reason"])
		}
	}
	for name, strata := range map[string][]rollup.Stratum{"none": nil, "no weight": {{Events: 1, Population: 1}}} {
		if got, ok := rollup.Standardize(strata, 1); ok {
			t.Errorf("%s: standardized rate = %v, want none", name, got)
		}
	}
	if got, ok := rollup.Crude(nil, 1); ok {
		t.Errorf("crude rate of nobody = %v, want none", got)
	}
}

func TestRatesPerHeadAgreeWithOracle(t *testing.T) {
	t.Parallel()
	rows := table(t, "exp_per_capita.csv")
	if len(rows) != 6 {
		t.Fatalf("%d rows, want 6", len(rows))
	}
	for _, r := range rows {
		rate, yearly, ok := rollup.PerCapita(real64(t, r["value"]), real64(t, r["population_start"]), real64(t, r["population_end"]), real64(t, r["days"]), real64(t, r["factor"]))
		if ok != (r["reason"] == "") || ok && (!near(rate, real64(t, r["per_capita"])) || !near(yearly, real64(t, r["yearly"]))) {
			t.Errorf("PerCapita of %v = %v, %v, %v", r, rate, yearly, ok)
		}
	}
}
