package timeseries_test

import (
	"encoding/csv"
	"errors"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/auyl-kz/auyl/transform/timeseries"
)

// vectors reads a file of testdata as rows by column and fails where it has not the number of rows it was written with.
func vectors(t *testing.T, name string, rows int) []map[string]string {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(all)-1 != rows {
		t.Fatalf("%s has %d rows, want %d", name, len(all)-1, rows)
	}
	var out []map[string]string
	for _, r := range all[1:] {
		m := map[string]string{}
		for i, h := range all[0] {
			m[h] = r[i]
		}
		out = append(out, m)
	}
	return out
}

// number reads a value; an empty one is missing.
func number(t *testing.T, s string) float64 {
	t.Helper()
	if s == "" {
		return timeseries.Missing()
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// within reports whether got is want, missing where it is missing.
func within(got, want, tolerance float64) bool {
	if math.IsNaN(want) {
		return math.IsNaN(got)
	}
	return math.Abs(got-want) <= tolerance*math.Max(1, math.Abs(want))
}

// inputs are the series of the oracle by name.
func inputs(t *testing.T) map[string][]float64 {
	t.Helper()
	out := map[string][]float64{}
	for _, r := range vectors(t, "series.csv", 378) {
		out[r["series"]] = append(out[r["series"]], number(t, r["value"]))
	}
	return out
}

// steps holds one column of a file, where key is the series and step the place, against what got gives.
func steps(t *testing.T, rows []map[string]string, tolerance float64, got func(r map[string]string) map[string][]float64) {
	t.Helper()
	for _, r := range rows {
		i := int(number(t, r["step"]))
		all := got(r)
		if len(all) == 0 {
			t.Errorf("nothing was made of %s", r["series"])
		}
		for column, values := range all {
			want, ok := r[column]
			if !ok {
				t.Fatalf("no column %s", column)
			}
			if !within(values[i], number(t, want), tolerance) {
				t.Errorf("%s %s%s of step %d: %s = %v, want %s", r["series"], r["model"], r["lambda"], i, column, values[i], want)
			}
		}
	}
}

func TestAveragesAgreeWithOracle(t *testing.T) {
	t.Parallel()
	y := inputs(t)
	got := map[string]map[string][]float64{}
	for s, v := range y {
		got[s] = map[string][]float64{
			"last_3": timeseries.Trailing(v, 3, 3), "last_12": timeseries.Trailing(v, 12, 12),
			"last_12_of_9": timeseries.Trailing(v, 12, 9), "centered_12": timeseries.Centered(v, 12),
		}
	}
	steps(t, vectors(t, "averages.csv", 378), 1e-9, func(r map[string]string) map[string][]float64 { return got[r["series"]] })
}

func TestGrowthAgreesWithOracle(t *testing.T) {
	t.Parallel()
	got := map[string]map[string][]float64{}
	for s, v := range inputs(t) {
		got[s] = map[string][]float64{
			"on_1": timeseries.Growth(v, 1), "on_12": timeseries.Growth(v, 12), "less_12": timeseries.Difference(v, 12),
			"log_1": timeseries.LogGrowth(v, 1), "yearly_over_3": timeseries.AnnualGrowth(v, 12, 3),
			"index_first_12": timeseries.Index(v, 0, 12), "index_first": timeseries.Index(v, 0, 1),
		}
	}
	steps(t, vectors(t, "growth.csv", 378), 1e-9, func(r map[string]string) map[string][]float64 { return got[r["series"]] })
}

func TestIndicesAgreeWithOracle(t *testing.T) {
	t.Parallel()
	rows := vectors(t, "indices.csv", 48)
	y := map[string][]float64{}
	for _, r := range rows {
		y[r["series"]] = append(y[r["series"]], number(t, r["value"]))
	}
	at := map[string]int{}
	for _, r := range rows {
		s := r["series"]
		i := at[s]
		at[s]++
		chained := timeseries.Chained(y[s])
		rebased := timeseries.Index(chained, 4, 8)
		if slices.ContainsFunc(chained[4:8], math.IsNaN) { // all four quarters of the base, or none
			rebased = slices.Repeat([]float64{timeseries.Missing()}, len(chained))
		}
		for column, got := range map[string]float64{"index": timeseries.Index(y[s], 0, 1)[i], "chained": chained[i], "chained_2025": rebased[i]} {
			if !within(got, number(t, r[column]), 1e-9) {
				t.Errorf("%s %s: %s = %v, want %s", s, r["period"], column, got, r[column])
			}
		}
	}
	for _, r := range vectors(t, "compound.csv", 9) {
		got, ok := timeseries.Compound(number(t, r["first"]), number(t, r["last"]), number(t, r["years"]))
		if ok != (r["reason"] == "") || ok && !within(got, number(t, r["percent"]), 1e-9) {
			t.Errorf("Compound(%s, %s, %s) = %v, %v, want %s%s", r["first"], r["last"], r["years"], got, ok, r["percent"], r["reason"])
		}
	}
}

func TestPriceIndicesAgreeWithOracle(t *testing.T) {
	t.Parallel()
	column := map[string][]float64{}
	for _, r := range vectors(t, "prices.csv", 5) {
		for _, c := range []string{"p0", "q0", "p1", "q1"} {
			column[c] = append(column[c], number(t, r[c]))
		}
	}
	want := vectors(t, "price_indices.csv", 1)[0]
	prices, err1 := timeseries.Prices(column["p0"], column["q0"], column["p1"], column["q1"])
	quantities, err2 := timeseries.Prices(column["q0"], column["p0"], column["q1"], column["p1"])
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]float64{
		"laspeyres_price": prices.Laspeyres, "paasche_price": prices.Paasche, "fisher_price": prices.Fisher,
		"laspeyres_quantity": quantities.Laspeyres, "paasche_quantity": quantities.Paasche, "fisher_quantity": quantities.Fisher,
	} {
		if !within(got, number(t, want[name]), 1e-9) {
			t.Errorf("%s = %v, want %s", name, got, want[name])
		}
	}
	if _, err := timeseries.Prices([]float64{1}, []float64{0}, []float64{1}, []float64{1}); !errors.Is(err, timeseries.ErrZero) {
		t.Errorf("Prices without a base = %v, want %v", err, timeseries.ErrZero)
	}
}

func TestSeasonsAgreeWithOracle(t *testing.T) {
	t.Parallel()
	y := inputs(t)
	parts := func(p timeseries.Parts) map[string][]float64 {
		return map[string][]float64{"trend": p.Trend, "seasonal": p.Seasonal, "rest": p.Rest}
	}
	got := map[string]map[string][]float64{}
	for _, s := range []string{"full", "constant", "counts"} {
		for _, model := range []string{"additive", "multiplicative"} {
			p, err := timeseries.Classical(y[s], 12, model == "multiplicative")
			if err != nil && (s != "counts" || model == "additive") {
				t.Fatal(s, model, err)
			}
			got[s+model] = parts(p)
		}
	}
	steps(t, vectors(t, "classical.csv", 372), 1e-9, func(r map[string]string) map[string][]float64 { return got[r["series"]+r["model"]] })
	for _, s := range []string{"full", "counts"} {
		for robust, on := range map[string]bool{"0": false, "1": true} {
			p, err := timeseries.STL(y[s], 12, on)
			if err != nil {
				t.Fatal(s, err)
			}
			got[s+robust] = parts(p)
			got[s+robust]["weight"] = p.Weights
		}
	}
	steps(t, vectors(t, "stl.csv", 360), 1e-9, func(r map[string]string) map[string][]float64 { return got[r["series"]+r["robust"]] })
}

func TestRefusalsAgreeWithOracle(t *testing.T) {
	t.Parallel()
	y := inputs(t)
	reasons := map[string]error{
		"missing values": timeseries.ErrMissing, "fewer than 24 observations": timeseries.ErrShort, "a value of zero": timeseries.ErrZero,
	}
	methods := map[string]func(y []float64) []error{
		"classical":                func(y []float64) []error { _, err := timeseries.Classical(y, 12, false); return []error{err} },
		"classical multiplicative": func(y []float64) []error { _, err := timeseries.Classical(y, 12, true); return []error{err} },
		"stl":                      func(y []float64) []error { _, err := timeseries.STL(y, 12, false); return []error{err} },
		"hodrick-prescott":         func(y []float64) []error { _, err := timeseries.HodrickPrescott(y, 14400); return []error{err} },
		"exponential smoothing": func(y []float64) []error {
			_, simple := timeseries.Simple(y, .3)
			_, holt := timeseries.Holt(y, .3, .1)
			return []error{simple, holt}
		},
	}
	for _, r := range vectors(t, "refused.csv", 11) {
		for _, err := range methods[r["method"]](y[r["series"]]) {
			if want := reasons[r["reason"]]; want == nil || !errors.Is(err, want) {
				t.Errorf("%s of %s = %v, want %s", r["method"], r["series"], err, r["reason"])
			}
		}
	}
}

func TestTrendsAgreeWithOracle(t *testing.T) {
	t.Parallel()
	y := inputs(t)
	for _, r := range vectors(t, "trends.csv", 6) {
		v := y[r["series"]]
		slope, ok := timeseries.TheilSen(v)
		test, ok2 := timeseries.MannKendall(v)
		season, ok3 := timeseries.SeasonalMannKendall(v, 12)
		tau, tauP, ok4 := timeseries.KendallTau(v)
		if want := r["slope"] != ""; ok != want || ok2 != want || ok3 != want || ok4 != (r["tau"] != "") {
			t.Errorf("%s: %v %v %v %v", r["series"], ok, ok2, ok3, ok4)
			continue
		}
		got := map[string]float64{}
		if ok {
			got = map[string]float64{
				"slope": slope.Slope, "intercept": slope.Intercept, "low": slope.Low, "high": slope.High, "pairs": float64(slope.Pairs),
				"s": test.S, "variance": test.Variance, "sd": math.Sqrt(test.Variance), "z": test.Z, "p": test.P,
				"season_s": season.S, "season_variance": season.Variance, "season_z": season.Z, "season_p": season.P,
			}
		}
		if ok4 {
			got["tau"], got["tau_p"] = tau, tauP
		}
		for column, x := range got {
			if !within(x, number(t, r[column]), 1e-9) {
				t.Errorf("%s: %s = %v, want %s", r["series"], column, x, r[column])
			}
		}
	}
}

func TestShiftsAgreeWithOracle(t *testing.T) {
	t.Parallel()
	y := inputs(t)
	place := func(after int) float64 {
		if after < 0 {
			return timeseries.Missing()
		}
		return float64(after)
	}
	path := map[string][]map[string]string{}
	for _, r := range vectors(t, "shift_path.csv", 348) {
		path[r["series"]] = append(path[r["series"]], r)
	}
	for _, r := range vectors(t, "shifts.csv", 6) {
		s := r["series"]
		p, ok := timeseries.FindPettitt(y[s])
		c, ok2 := timeseries.FindCUSUM(y[s])
		if want := r["k"] != ""; ok != want || ok2 != want {
			t.Errorf("%s: %v %v", s, ok, ok2)
		}
		if !ok {
			continue
		}
		got := map[string]float64{"k": p.K, "k_after": place(p.After), "k_p": p.P, "sd": c.SD}
		if c.SD > 0 {
			maps.Copy(got, map[string]float64{"cusum": c.Max, "cusum_after": place(c.After), "cusum_p": c.P, "range": c.Range, "before": c.Before, "behind": c.Behind})
		} else if c.P != 1 || c.After != -1 {
			t.Errorf("%s has no spread: p = %v after %d", s, c.P, c.After)
		}
		for column, x := range got {
			if !within(x, number(t, r[column]), 1e-9) {
				t.Errorf("%s: %s = %v, want %s", s, column, x, r[column])
			}
		}
		for i, row := range path[s] {
			if want := number(t, row["pettitt"]); i < len(p.U) && !within(p.U[i], want, 1e-9) || i >= len(p.U) && !math.IsNaN(want) {
				t.Errorf("%s: U of %s is not %s", s, row["step"], row["pettitt"])
			}
			if !within(c.Sums[i], number(t, row["cusum"]), 1e-9) {
				t.Errorf("%s: sum of %s = %v, want %s", s, row["step"], c.Sums[i], row["cusum"])
			}
		}
	}
}

func TestOutliersAgreeWithOracle(t *testing.T) {
	t.Parallel()
	y := inputs(t)
	for _, r := range vectors(t, "scales.csv", 6) {
		s := timeseries.ScaleOf(y[r["series"]])
		for column, x := range map[string]float64{"n": float64(s.N), "median": s.Median, "mad": s.MAD, "mean_off": s.MeanOff} {
			if !within(x, number(t, r[column]), 1e-9) {
				t.Errorf("%s: %s = %v, want %s", r["series"], column, x, r[column])
			}
		}
	}
	flag := func(on, there bool) float64 {
		switch {
		case !there:
			return timeseries.Missing()
		case on:
			return 1
		}
		return 0
	}
	got := map[string]map[string][]float64{}
	for s, v := range y {
		z := timeseries.ModifiedZ(v)
		g := map[string][]float64{"z": z}
		for i, n := range timeseries.Hampel(v, 6) {
			if !n.OK {
				n.Median, n.Scale = timeseries.Missing(), timeseries.Missing()
			}
			g["z_flag"] = append(g["z_flag"], flag(math.Abs(z[i]) > 3.5, !math.IsNaN(z[i])))
			g["near_median"], g["near_scale"] = append(g["near_median"], n.Median), append(g["near_scale"], n.Scale)
			g["near_flag"] = append(g["near_flag"], flag(n.Flag, n.OK))
		}
		got[s] = g
	}
	steps(t, vectors(t, "outliers.csv", 378), 1e-9, func(r map[string]string) map[string][]float64 { return got[r["series"]] })
}

func TestSmoothingAgreesWithOracle(t *testing.T) {
	t.Parallel()
	y := inputs(t)
	got := map[string]map[string][]float64{}
	simple, holt := map[string]*timeseries.Smoothed{}, map[string]*timeseries.Smoothed{}
	for _, s := range []string{"full", "short", "constant", "counts"} {
		var err1, err2 error
		simple[s], err1 = timeseries.Simple(y[s], .3)
		holt[s], err2 = timeseries.Holt(y[s], .3, .1)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		got[s] = map[string][]float64{
			"simple_fitted": simple[s].Fitted, "simple_level": simple[s].Level,
			"holt_fitted": holt[s].Fitted, "holt_level": holt[s].Level, "holt_trend": holt[s].Trend,
		}
		for _, lambda := range []string{"14400", "129600"} {
			trend, err := timeseries.HodrickPrescott(y[s], number(t, lambda))
			if err != nil {
				t.Fatal(err)
			}
			got[s+lambda] = map[string][]float64{"trend": trend}
		}
	}
	steps(t, vectors(t, "smoothed.csv", 234), 1e-9, func(r map[string]string) map[string][]float64 { return got[r["series"]] })
	steps(t, vectors(t, "hodrick_prescott.csv", 468), 1e-8, func(r map[string]string) map[string][]float64 { return got[r["series"]+r["lambda"]] })
	for _, r := range vectors(t, "forecasts.csv", 24) {
		h := int(number(t, r["ahead"]))
		if a, b := simple[r["series"]].Forecast(h), holt[r["series"]].Forecast(h); !within(a, number(t, r["simple"]), 1e-9) || !within(b, number(t, r["holt"]), 1e-9) {
			t.Errorf("%s, %d ahead: %v and %v, want %s and %s", r["series"], h, a, b, r["simple"], r["holt"])
		}
	}
}

// TestPartsMakeTheSeriesAgain: whatever the series, trend, season and rest add up to it, and no method changes its input.
func TestPartsMakeTheSeriesAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		y := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 24, 60).Draw(t, "series")
		before := slices.Clone(y)
		classical, err1 := timeseries.Classical(y, 12, false)
		stl, err2 := timeseries.STL(y, 12, true)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		for i := range y {
			if s := stl.Trend[i] + stl.Seasonal[i] + stl.Rest[i]; math.Abs(s-y[i]) > 1e-6 {
				t.Fatalf("STL of step %d = %v, want %v", i, s, y[i])
			}
			s := classical.Trend[i] + classical.Seasonal[i] + classical.Rest[i]
			if edge := i < 6 || i >= len(y)-6; edge != math.IsNaN(s) || !edge && math.Abs(s-y[i]) > 1e-6 {
				t.Fatalf("classical parts of step %d = %v, want %v", i, s, y[i])
			}
		}
		if !slices.Equal(y, before) {
			t.Fatal("the series was changed")
		}
	})
}

func TestSumsAreExactInAnyOrder(t *testing.T) {
	t.Parallel()
	for _, r := range vectors(t, "sums.csv", 10) {
		var v []float64
		for s := range strings.FieldsSeq(r["values"]) {
			v = append(v, number(t, s))
		}
		want := number(t, r["hex"])
		rapid.Check(t, func(rt *rapid.T) {
			if got := timeseries.Sum(rapid.Permutation(v).Draw(rt, "order")); got != want {
				rt.Fatalf("sum of %s = %x, want %s", r["case"], got, r["hex"])
			}
		})
	}
}
