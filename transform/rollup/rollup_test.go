package rollup_test

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/transform/rollup"
)

// table reads a CSV file of the oracle as rows by column name.
func table(tb testing.TB, name string) []map[string]string {
	tb.Helper()
	f, err := os.Open("../testdata/rollup/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		tb.Fatal(err)
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

type oracle struct {
	tree  rollup.Tree
	nodes []map[string]string
	units map[string]map[string]string
}

func load(tb testing.TB) oracle {
	tb.Helper()
	o := oracle{units: map[string]map[string]string{}}
	index := map[string]int32{"": -1}
	areas := table(tb, "areas.csv")
	var parent []int32
	for _, level := range []string{"oblast", "district", "okrug", "settlement"} {
		for _, a := range areas {
			if a["level"] == level {
				index[a["code"]] = int32(len(o.nodes))
				o.nodes = append(o.nodes, a)
				parent = append(parent, index[a["parent"]])
			}
		}
	}
	var err error
	if o.tree, err = rollup.NewTree(parent); err != nil {
		tb.Fatal(err)
	}
	for _, s := range table(tb, "settlements.csv") {
		o.units[s["code"]] = s
	}
	return o
}

func decimal(tb testing.TB, s string) auyl.Decimal {
	tb.Helper()
	d, err := auyl.ParseDecimal(s)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// totals fills the units: num and den as columns of the oracle; den "" for none.
func (o oracle) totals(tb testing.TB, num func(s map[string]string) (string, string), factor float64) []rollup.Total {
	tb.Helper()
	out := make([]rollup.Total, len(o.nodes))
	for i, a := range o.nodes {
		s, ok := o.units[a["code"]]
		if !ok {
			continue
		}
		u := &out[i]
		u.Total, u.WeightTotal = 1, decimal(tb, s["population"])
		n, d := num(s)
		if n == "" || d == "" {
			continue
		}
		u.Reported, u.WeightReported, u.Origin = 1, u.WeightTotal, auyl.OriginSynthetic
		u.Num, u.Den = decimal(tb, n), decimal(tb, d)
		u.Min, u.Max = u.Num, u.Num
		if v, ok := rollup.UnitValue(u.Num, u.Den, true, factor); ok {
			u.WeightDen, u.Weighted = u.WeightTotal, v*u.WeightTotal.Float64()
		}
	}
	o.tree.Sum(out, nil)
	return out
}

func near(a, b float64) bool {
	return math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b))+1e-12
}

func TestRollupAgreesWithOracle(t *testing.T) {
	t.Parallel()
	o := load(t)
	pair := o.totals(t, func(s map[string]string) (string, string) { return s["numerator"], s["denominator"] }, 100)
	last := o.totals(t, func(s map[string]string) (string, string) {
		for _, q := range []string{"stock_2026Q3", "stock_2026Q2", "stock_2026Q1"} {
			if s[q] != "" {
				return s[q], "1"
			}
		}
		return "", ""
	}, 1)
	want := map[string]map[string]string{}
	for _, r := range table(t, "exp_rollup.csv") {
		want[r["code"]] = r
	}
	if len(want) != len(o.nodes) {
		t.Fatalf("%d expected rows for %d areas", len(want), len(o.nodes))
	}
	for i, a := range o.nodes {
		w, got := want[a["code"]], &pair[i]
		value := func(column string, ok bool, v float64) {
			t.Helper()
			switch {
			case (w[column] != "") != ok:
				t.Errorf("%s %s: present %v, want %q", a["code"], column, ok, w[column])
			case ok:
				f, err := strconv.ParseFloat(w[column], 64)
				if err != nil || !near(v, f) {
					t.Errorf("%s %s = %v, want %s", a["code"], column, v, w[column])
				}
			}
		}
		text := func(column, v string) {
			t.Helper()
			if w[column] != v {
				t.Errorf("%s %s = %q, want %q", a["code"], column, v, w[column])
			}
		}
		rep := got.Reported > 0
		text("units", strconv.Itoa(int(got.Total)))
		text("units_reported", strconv.Itoa(int(got.Reported)))
		value("numerator_sum", rep, got.Num.Float64())
		value("denominator_sum", rep, got.Den.Float64())
		value("min_numerator", rep, got.Min.Float64())
		value("max_numerator", rep, got.Max.Float64())
		value("population_weighted_mean_100", got.WeightDen > 0, got.Weighted/got.WeightDen.Float64())
		value("last_sum", last[i].Reported > 0, last[i].Num.Float64())

		sum := got.Cell(rollup.Params{Rule: rollup.RuleSum, Factor: 1, Minimum: 0.5, Full: 0.95})
		value("coverage", true, sum.Coverage)
		value("sum", !sum.Status.Empty(), sum.Value)
		text("sum_status", sum.Status.String())
		text("sum_reason", sum.Reason)
		for column, f := range map[string]float64{"ratio_100": 100, "ratio_1000": 1000, "ratio_10000": 10000} {
			ratio := got.Cell(rollup.Params{Rule: rollup.RuleRatio, Factor: f, Minimum: 0.5, Full: 0.95})
			value(column, !ratio.Status.Empty(), ratio.Value)
			text("ratio_status", ratio.Status.String())
			text("ratio_reason", ratio.Reason)
		}
		// Without a gate the cells of the other rules are the columns themselves.
		if rep {
			value("min_numerator", true, got.Cell(rollup.Params{Rule: rollup.RuleMin, Factor: 1}).Value)
			value("max_numerator", true, got.Cell(rollup.Params{Rule: rollup.RuleMax, Factor: 1}).Value)
		}
		if got.WeightDen > 0 {
			value("population_weighted_mean_100", true, got.Cell(rollup.Params{Rule: rollup.RuleWeighted, Factor: 100}).Value)
		}
	}
}

func TestGateAtItsEdges(t *testing.T) {
	t.Parallel()
	for _, r := range table(t, "exp_status_edges.csv") {
		cov, err1 := strconv.ParseFloat(r["coverage"], 64)
		n, err2 := strconv.Atoi(r["units_reported"])
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		st, reason := rollup.Gate(cov, n, 0.5, 0.95)
		if st.String() != r["status"] || reason != r["reason"] {
			t.Errorf("Gate(%v, %d) = %v %q, want %s %q", cov, n, st, reason, r["status"], r["reason"])
		}
	}
}

func TestGroupingChangesNoSum(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "units")
		flat, deep := rollup.Total{}, rollup.Total{}
		groups := make([]rollup.Total, 4)
		for range n {
			num := auyl.Decimal(rapid.Int64Range(-1e12, 1e12).Draw(t, "num"))
			u := rollup.Total{Num: num, Den: num / 3, Min: num, Max: num, Reported: 1, Total: 1, WeightTotal: 7, WeightReported: 7}
			if rapid.Bool().Draw(t, "missing") {
				u = rollup.Total{Total: 1, WeightTotal: 7}
			}
			flat.Add(&u)
			groups[rapid.IntRange(0, 3).Draw(t, "group")].Add(&u)
		}
		for i := range groups {
			deep.Add(&groups[i])
		}
		if flat != deep {
			t.Fatalf("flat %+v, grouped %+v", flat, deep)
		}
	})
}

func TestOverflowIsEmptyNotWrong(t *testing.T) {
	t.Parallel()
	var sum rollup.Total
	u := rollup.Total{Num: math.MaxInt64 - 1, Min: 1, Max: 1, Reported: 1, Total: 1, WeightTotal: 1, WeightReported: 1}
	sum.Add(&u)
	sum.Add(&u)
	c := sum.Cell(rollup.Params{Rule: rollup.RuleSum, Factor: 1, Minimum: 0.5, Full: 0.95})
	if c.Status != auyl.StatusMissing || c.Reason != rollup.ReasonOverflow || c.Value != 0 {
		t.Errorf("cell = %+v, want empty with reason overflow", c)
	}
}

func TestTreeWantsParentsFirst(t *testing.T) {
	t.Parallel()
	if _, err := rollup.NewTree([]int32{1, -1}); err == nil {
		t.Error("NewTree took a child before its parent")
	}
}

func BenchmarkRollup(b *testing.B) {
	o := load(b)
	units := o.totals(b, func(s map[string]string) (string, string) { return s["numerator"], s["denominator"] }, 100)
	for i, a := range o.nodes {
		if a["level"] != "settlement" {
			units[i] = rollup.Total{}
		}
	}
	work := make([]rollup.Total, len(units))
	cells := make([]rollup.Cell, len(units))
	p := rollup.Params{Rule: rollup.RuleRatio, Factor: 100, Minimum: 0.5, Full: 0.95}
	b.ReportAllocs()
	for b.Loop() {
		copy(work, units)
		o.tree.Sum(work, nil)
		for i := range work {
			cells[i] = work[i].Cell(p)
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(units))/b.Elapsed().Seconds(), "cells/s")
}
