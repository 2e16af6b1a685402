package disclosure_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/auyl-kz/auyl/transform/disclosure"
)

// drawTree draws an oblast of districts of okrugs. Leaves have few persons, some
// none; a second count, where there is one, is never below the first.
func drawTree(t *rapid.T) disclosure.Tree {
	tree := disclosure.Tree{Parents: []int32{-1}, K: 5, One: 1}
	for range rapid.IntRange(1, 4).Draw(t, "districts") {
		d := int32(len(tree.Parents))
		tree.Parents = append(tree.Parents, 0)
		for range rapid.IntRange(0, 5).Draw(t, "okrugs") {
			tree.Parents = append(tree.Parents, d)
		}
	}
	n := len(tree.Parents)
	var last []float64
	for range rapid.IntRange(1, 2).Draw(t, "tables") {
		v := make([]float64, n)
		kids := make([]bool, n)
		for c := n - 1; c >= 0; c-- {
			if !kids[c] {
				v[c] = float64(rapid.SampledFrom([]int{0, 1, 2, 3, 4, 5, 6, 9, 12, 40}).Draw(t, "count"))
				if last != nil {
					v[c] += last[c]
				}
			}
			if p := tree.Parents[c]; p >= 0 {
				v[p] += v[c]
				kids[p] = true
			}
		}
		tree.Tables = append(tree.Tables, disclosure.Counts{Values: v})
		last = v
	}
	return tree
}

// table is a table of a tree as relations, with what the marks tell.
func table(tree *disclosure.Tree, n int, marks []disclosure.Mark, told []disclosure.Interval) (disclosure.Table, []bool, []disclosure.Known) {
	out := disclosure.Table{Values: tree.Tables[n].Values}
	hidden := make([]bool, len(marks))
	var known []disclosure.Known
	for c, m := range marks {
		if m != disclosure.Open {
			hidden[c] = true
			known = append(known, disclosure.Known{Cell: c, Interval: told[c]})
		}
		rel := disclosure.Relation{{Cell: c, Coef: -1}}
		for k, p := range tree.Parents {
			if int(p) == c {
				rel = append(rel, disclosure.Term{Cell: k, Coef: 1})
			}
		}
		if len(rel) > 1 {
			out.Relations = append(out.Relations, rel)
		}
	}
	return out, hidden, known
}

// TestNothingIsLearntOfASmallCount: the auditor, who solves linear programs and
// knows what the marks tell, finds of each small place no more than that it is
// small. The two passes over a tree find the same as the programs.
func TestNothingIsLearntOfASmallCount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		tree := drawTree(rt)
		marks := tree.Protect()
		for n := range tree.Tables {
			got, told := tree.Bounds(n, marks)
			lp, hidden, known := table(&tree, n, marks, told)
			want, err := lp.Bounds(hidden, known...)
			if err != nil {
				rt.Fatal(err)
			}
			for c, m := range marks {
				if !near(got[c].Low, want[c].Low) || !near(got[c].High, want[c].High) {
					rt.Fatalf("table %d, area %d, marks %v: two passes find %v, a program %v\n%+v", n, c, marks, got[c], want[c], tree)
				}
				v := tree.Tables[n].Values[c]
				leaf := !slices.Contains(tree.Parents, int32(c))
				switch small := disclosure.Small(v, tree.K, false); {
				case !small:
				case m == disclosure.Open:
					rt.Fatalf("area %d of %v persons is shown", c, v)
				case leaf && (m != disclosure.Primary || got[c] != disclosure.Interval{Low: 1, High: 4}):
					rt.Fatalf("table %d, place %d of %v: %v, marks %v\n%+v", n, c, v, got[c], marks, tree)
				case got[c].High-got[c].Low < 1:
					rt.Fatalf("table %d, area %d of %v is known: %v, marks %v\n%+v", n, c, v, got[c], marks, tree)
				}
			}
		}
	})
}

// TestNothingIsHiddenWithoutNeed: no secondary cell without a small one, and
// none that could be shown.
func TestNothingIsHiddenWithoutNeed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		tree := drawTree(rt)
		marks := tree.Protect()
		if !slices.Contains(marks, disclosure.Primary) && slices.Contains(marks, disclosure.Secondary) {
			rt.Fatalf("hidden without need: %v\n%+v", marks, tree)
		}
		for c, m := range marks {
			shown := slices.Clone(marks)
			shown[c] = disclosure.Open
			safe := m == disclosure.Secondary
			for n := range tree.Tables {
				safe = safe && !disclosure.Small(tree.Tables[n].Values[c], tree.K, false)
				before, _ := tree.Bounds(n, marks)
				after, _ := tree.Bounds(n, shown)
				for i, b := range after {
					if disclosure.Small(tree.Tables[n].Values[i], tree.K, false) && b != before[i] {
						safe = false
					}
				}
			}
			if safe {
				rt.Fatalf("area %d is hidden without need: %v\n%+v", c, marks, tree)
			}
		}
	})
}

func TestMarksOfTrees(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		parents []int32
		counts  []float64
		want    string
	}{
		{"nothing small", []int32{-1, 0, 0}, []float64{30, 10, 20}, "..."},
		{"nobody is not small", []int32{-1, 0, 0}, []float64{10, 10, 0}, "..."},
		{"one beside is enough", []int32{-1, 0, 0, 0}, []float64{73, 3, 30, 40}, ".PS."},
		{"the smaller beside it", []int32{-1, 0, 0, 0}, []float64{73, 3, 60, 10}, ".P.S"},
		{"one that takes up all of it", []int32{-1, 0, 0, 0}, []float64{28, 3, 5, 20}, ".P.S"},
		{"two small ones protect each other", []int32{-1, 0, 0, 0}, []float64{25, 2, 3, 20}, ".PP."},
		{"four and four of eight are known", []int32{-1, 0, 0}, []float64{8, 4, 4}, "SPP"},
		{
			"over districts: another district, and a place in it",
			[]int32{-1, 0, 1, 0, 3, 3},
			[]float64{23, 3, 3, 20, 10, 10},
			".SPSS.",
		},
		{"a place that is all of its district", []int32{-1, 0, 1, 0, 3}, []float64{53, 3, 3, 50, 50}, ".SPSS"},
	} {
		tree := disclosure.Tree{Parents: tt.parents, Tables: []disclosure.Counts{{Values: tt.counts}}, K: 5, One: 1}
		got := ""
		for _, m := range tree.Protect() {
			got += string(".PS"[m])
		}
		if got != tt.want {
			t.Errorf("%s: %v are marked %s, want %s", tt.name, tt.counts, got, tt.want)
		}
	}
}

func BenchmarkProtectOblast(b *testing.B) {
	tree := disclosure.Tree{Parents: []int32{-1}, K: 5, One: 1, Tables: []disclosure.Counts{{Values: []float64{0}}}}
	v := &tree.Tables[0].Values
	for d := range 11 {
		at := int32(len(*v))
		tree.Parents, *v = append(tree.Parents, 0), append(*v, 0)
		for o := range 12 {
			n := float64(o * (d + 5) % 37)
			tree.Parents, *v = append(tree.Parents, at), append(*v, n)
			(*v)[at] += n
			(*v)[0] += n
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		tree.Protect()
	}
}
