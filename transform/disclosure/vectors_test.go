package disclosure_test

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl/transform/disclosure"
)

// vectorTable is one table of testdata/vectors.txt with all that is said of it.
type vectorTable struct {
	name, kind string
	disclosure.Table
	names    []string
	free     []bool
	of       map[int][]float64
	primary  map[int][]float64
	small    map[int]string
	rules    []string
	needs    map[string][]disclosure.Need
	best     map[string][4]float64 // NaN where there is none
	patterns []*vectorPattern
}

type vectorPattern struct {
	name     string
	known    []disclosure.Known
	hidden   []bool
	bounds   map[int]disclosure.Interval
	verdicts map[string][]string
}

type vectorShare struct {
	denominator   int
	published     string
	low, high, of int
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	if s == "-" {
		return math.NaN()
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *vectorTable) cell(t *testing.T, name string) int {
	t.Helper()
	i := slices.Index(v.names, name)
	if i < 0 {
		t.Fatalf("table %s has no cell %s", v.name, name)
	}
	return i
}

func readVectors(t *testing.T) (tables []*vectorTable, shares []vectorShare) {
	t.Helper()
	f, err := os.Open("testdata/vectors.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var v *vectorTable
	var p *vectorPattern
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		w := strings.Fields(lines.Text())
		if len(w) == 0 || w[0] == "#" {
			continue
		}
		num := func(i int) float64 { return number(t, w[i]) }
		switch w[0] {
		case "table":
			v = &vectorTable{
				name: w[1], kind: w[2], of: map[int][]float64{}, primary: map[int][]float64{}, small: map[int]string{},
				needs: map[string][]disclosure.Need{}, best: map[string][4]float64{},
			}
			tables = append(tables, v)
		case "cell":
			v.names, v.Values = append(v.names, w[1]), append(v.Values, num(2))
			v.Fixed, v.free = append(v.Fixed, slices.Contains(w[3:], "fixed")), append(v.free, slices.Contains(w[3:], "free"))
		case "sum":
			rel := disclosure.Relation{{Cell: v.cell(t, w[2]), Coef: -1}}
			for _, c := range w[4:] {
				rel = append(rel, disclosure.Term{Cell: v.cell(t, c), Coef: 1})
			}
			v.Relations = append(v.Relations, rel)
		case "of", "primary":
			m := v.of
			if w[0] == "primary" {
				m = v.primary
			}
			for i := range w[2:] {
				m[v.cell(t, w[1])] = append(m[v.cell(t, w[1])], num(i+2))
			}
		case "small":
			v.small[v.cell(t, w[1])] = w[2]
		case "need":
			n := disclosure.Need{Cell: v.cell(t, w[2])}
			if w[3] == "width" {
				n.Width = num(4)
			} else {
				n.Interval = disclosure.Interval{Low: num(3), High: num(4)}
			}
			if !slices.Contains(v.rules, w[1]) {
				v.rules = append(v.rules, w[1])
			}
			v.needs[w[1]] = append(v.needs[w[1]], n)
		case "best":
			v.best[w[1]] = [4]float64{num(2), num(3), num(4), num(5)}
		case "pattern":
			p = &vectorPattern{name: w[1], hidden: make([]bool, len(v.names)), bounds: map[int]disclosure.Interval{}, verdicts: map[string][]string{}}
			v.patterns = append(v.patterns, p)
		case "known":
			k := disclosure.Known{Cell: v.cell(t, w[1]), Interval: disclosure.Interval{Low: 0, High: math.Inf(1)}}
			if w[2] != "-" {
				k.Low = num(2)
			}
			if w[3] != "-" {
				k.High = num(3)
			}
			p.known = append(p.known, k)
		case "hidden":
			c := v.cell(t, w[1])
			p.hidden[c], p.bounds[c] = true, disclosure.Interval{Low: num(2), High: num(3)}
		case "verdict":
			p.verdicts[w[1]] = append([]string{}, w[2:]...)
		case "share":
			shares = append(shares, vectorShare{int(num(1)), w[2], int(num(4)), int(num(5)), int(num(6))})
		default:
			t.Fatalf("vectors: %q", lines.Text())
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return tables, shares
}

func near(a, b float64) bool {
	return a == b || math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b))
}

// TestBoundsAreThoseOfTheOracle: what a reader can compute of each hidden cell,
// and which needs are not met, for patterns good and bad.
func TestBoundsAreThoseOfTheOracle(t *testing.T) {
	t.Parallel()
	tables, _ := readVectors(t)
	bounds, verdicts := 0, 0
	for _, v := range tables {
		for _, p := range v.patterns {
			got, err := v.Bounds(p.hidden, p.known...)
			if err != nil {
				t.Errorf("%s %s: %v", v.name, p.name, err)
				continue
			}
			for c, want := range p.bounds {
				bounds++
				if !near(got[c].Low, want.Low) || !near(got[c].High, want.High) {
					t.Errorf("%s %s: bounds of %s = %v, want %v", v.name, p.name, v.names[c], got[c], want)
				}
			}
			for rule, want := range p.verdicts {
				verdicts++
				failing, err := v.Failing(p.hidden, v.needs[rule], p.known...)
				if err != nil {
					t.Errorf("%s %s: %v", v.name, p.name, err)
				}
				names := []string{}
				for _, n := range failing {
					names = append(names, v.names[n.Cell])
				}
				slices.Sort(names)
				slices.Sort(want)
				if !slices.Equal(names, want) {
					t.Errorf("%s %s: %s fails for %v, want %v", v.name, p.name, rule, names, want)
				}
			}
		}
	}
	if bounds < 300 || verdicts < 150 {
		t.Errorf("%d bounds and %d verdicts: vectors are missing", bounds, verdicts)
	}
}

// TestProtectIsSafeAndNotFarFromTheBest holds our patterns against the optimum
// of an exact solver.
func TestProtectIsSafeAndNotFarFromTheBest(t *testing.T) {
	t.Parallel()
	tables, _ := readVectors(t)
	for _, v := range tables {
		for _, rule := range v.rules {
			best, solved := v.best[rule]
			hidden, err := v.Protect(v.needs[rule])
			if math.IsNaN(best[0]) {
				if err == nil {
					t.Errorf("%s %s: a pattern where the solver finds none", v.name, rule)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s %s: %v", v.name, rule, err)
				continue
			}
			if failing, err := v.Failing(hidden, v.needs[rule]); err != nil || len(failing) > 0 {
				t.Errorf("%s %s: unprotected %v, %v", v.name, rule, failing, err)
			}
			n, sum := 0.0, 0.0
			for c, h := range hidden {
				if h {
					n++
					sum += v.Values[c]
				}
				if h && v.Fixed[c] {
					t.Errorf("%s %s: hides %s, which is fixed", v.name, rule, v.names[c])
				}
			}
			t.Logf("%s %s: %v cells of sum %v; fewest %v, least sum %v", v.name, rule, n, sum, best[0], best[2])
			if !solved {
				continue // too large for the solver: it is to be safe, and was
			}
			if n < best[0] || sum < best[2] {
				t.Errorf("%s %s: better than the best", v.name, rule)
			}
			if n > 1.5*best[0] || sum > 1.5*best[2] {
				t.Errorf("%s %s: %v cells of sum %v, best are %v and %v", v.name, rule, n, sum, best[0], best[2])
			}
		}
	}
}

// TestSmallCountsArePrimary of every table of counts, with k = 5.
func TestSmallCountsArePrimary(t *testing.T) {
	t.Parallel()
	tables, _ := readVectors(t)
	n := 0
	for _, v := range tables {
		for c, want := range v.small {
			n++
			got := "-"
			switch {
			case v.free[c]:
			case disclosure.Small(v.Values[c], 5, false):
				got = "s"
			case disclosure.Small(v.Values[c], 5, true):
				got = "z"
			}
			if got != want {
				t.Errorf("%s %s of %v: %s, want %s", v.name, v.names[c], v.Values[c], got, want)
			}
		}
	}
	if n != 327 {
		t.Errorf("%d cells, want 327", n)
	}
}

// contributions of a cell: its own, or those of its parts.
func (v *vectorTable) contributions(cell int) []float64 {
	x := slices.Clone(v.of[cell])
	for _, rel := range v.Relations {
		if len(x) == 0 && rel[0].Cell == cell {
			for _, part := range rel[1:] {
				x = append(x, v.contributions(part.Cell)...)
			}
		}
	}
	slices.SortFunc(x, func(a, b float64) int { return int(math.Copysign(1, b-a)) })
	return x
}

func TestMagnitudesOfFewLargeContributorsArePrimary(t *testing.T) {
	t.Parallel()
	tables, _ := readVectors(t)
	n := 0
	for _, v := range tables {
		for c, want := range v.primary {
			x := v.contributions(c)
			rules := []disclosure.Magnitude{
				{Fewest: 3}, {Dominant: 1, Share: 75}, {Dominant: 2, Share: 85}, {Tolerance: 10}, {Tolerance: 15},
			}
			for i, r := range rules {
				n++
				if got := r.Unsafe(x); got != (want[i] == 1) {
					t.Errorf("%s: %+v is %v, want %v", v.names[c], r, got, want[i])
				}
				if i == 0 {
					continue
				}
				if got := r.Level(x); !near(got, want[i+4]) {
					t.Errorf("%s: level of %+v is %v, want %v", v.names[c], r, got, want[i+4])
				}
			}
		}
	}
	if n != 100 {
		t.Errorf("%d rules, want 100", n)
	}
}

func TestAPublishedShareLeavesFewCountsPossible(t *testing.T) {
	t.Parallel()
	_, shares := readVectors(t)
	for _, s := range shares {
		low, high := disclosure.Shares(s.denominator, s.published)
		if got := fmt.Sprint(low, high, high-low+1); got != fmt.Sprint(s.low, s.high, s.of) {
			t.Errorf("Shares(%d, %s) = %s, want %d %d %d", s.denominator, s.published, got, s.low, s.high, s.of)
		}
	}
	if len(shares) != 36 {
		t.Errorf("%d shares, want 36", len(shares))
	}
}
