package transform

import (
	"slices"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/transform/rollup"
)

// Figure is a value of a series that is known: the strongest of its vintages.
type Figure struct {
	Area   auyl.AreaCode
	Period auyl.Period
	Empty  bool // missing or confidential
}

// Use says what became of a figure.
type Use uint8

// The uses of a figure.
const (
	UseNone   Use = iota // the cell would be the same without it
	UseSpoken            // it was looked at, and its area does not count: something else is missing
	UseCounts            // it is in the cell
)

// walk is the way from a cell down to the figures of one Uses.
type walk struct {
	*Trace
	figures [][]Figure
	by      []map[auyl.AreaCode][]int // figures by lookup and area
	out     [][]Use
}

// pick is what a lookup has of one area.
type pick struct {
	used []int
	ok   bool
}

// Uses says which of the figures that were found the cell stands on. Figures
// are given by lookup, those of other frequencies, days or areas are passed
// over. What an area published for itself stands instead of what lies below it.
func (tr *Trace) Uses(figures [][]Figure) [][]Use {
	w := walk{Trace: tr, figures: figures}
	for _, list := range figures {
		by := map[auyl.AreaCode][]int{}
		for i, f := range list {
			by[f.Area] = append(by[f.Area], i)
		}
		w.by = append(w.by, by)
		w.out = append(w.out, make([]Use, len(list)))
	}
	if tr.t != nil && len(figures) == len(tr.Lookups) {
		w.node(0)
	}
	return w.out
}

// node marks what an area at or above the units stands on.
func (w *walk) node(i int32) {
	unit := w.t.unit[w.ind.unit][i]
	direct := w.ind.params.Rule == rollup.RuleDirect
	if !unit || direct {
		picks, own := make([]pick, len(w.Lookups)), true
		for n := range w.Lookups {
			picks[n] = w.own(n, i)
			own = own && (picks[n].ok || w.weighs(n))
		}
		if own || direct {
			w.mark(picks, own)
			return
		}
		for _, k := range w.kids[i] {
			w.node(k)
		}
		return
	}
	picks, ok := make([]pick, len(w.Lookups)), true
	for n := range w.Lookups {
		p, share := w.below(n, i)
		picks[n] = p
		if !w.weighs(n) {
			ok = ok && p.ok && share >= w.ind.Minimum
		}
	}
	w.mark(picks, ok)
}

// weighs reports whether a lookup is of the weights alone.
func (w *walk) weighs(n int) bool { return slices.Equal(w.Lookups[n].Roles, []string{RoleWeight}) }

func (w *walk) mark(picks []pick, ok bool) {
	for n, p := range picks {
		for _, f := range p.used {
			w.out[n][f] = UseSpoken
			if ok && p.ok {
				w.out[n][f] = UseCounts
			}
		}
	}
}

// below returns what a unit has: its own figure, or those further down with the
// share of the areas of the native level that they hold.
func (w *walk) below(n int, i int32) (p pick, share float64) {
	p = w.own(n, i)
	if p.ok || w.Lookups[n].Series == "" {
		return p, 1
	}
	level, reported := w.Lookups[n].level, int32(0)
	var down func(i int32)
	down = func(i int32) {
		for _, k := range w.kids[i] {
			if w.t.levels[k] > level {
				continue
			}
			q := w.own(n, k)
			if !q.ok {
				p.used = append(p.used, q.used...)
				down(k)
				continue
			}
			p.used = append(p.used, q.used...)
			p.ok = true
			reported += max(w.t.units[level][k], 1)
		}
	}
	down(i)
	if !p.ok {
		return p, 0
	}
	return p, float64(reported) / float64(max(w.t.units[level][i], 1))
}

// own returns what was reported for the area itself.
func (w *walk) own(n int, i int32) pick {
	l := &w.Lookups[n]
	switch {
	case l.Series == "":
		return pick{ok: l.Known}
	case l.Event != nil:
		return pick{ok: w.t.unit[l.level][i]}
	case l.Kind == KindStock:
		return w.newest(n, i)
	}
	ok := len(l.wants) > 0
	var used []int
	for _, want := range l.wants {
		found, there := w.first(n, i, want)
		used, ok = append(used, found...), ok && there
	}
	return pick{used, ok}
}

// first returns the first alternative that is whole; else all that is there.
func (w *walk) first(n int, i int32, want want) (used []int, ok bool) {
	for _, parts := range want {
		var found []int
		whole := true
		for _, q := range parts {
			at := slices.IndexFunc(w.by[n][w.t.codes[i]], func(f int) bool { return w.figures[n][f].Period == q })
			if at < 0 {
				whole = false
				continue
			}
			f := w.by[n][w.t.codes[i]][at]
			whole = whole && !w.figures[n][f].Empty
			found = append(found, f)
		}
		if whole {
			return found, true
		}
		used = append(used, found...)
	}
	return used, false
}

// newest returns the newest stock that is there; else the newest that is empty.
func (w *walk) newest(n int, i int32) pick {
	l := &w.Lookups[n]
	best := pick{}
	for _, f := range w.by[n][w.t.codes[i]] {
		x := w.figures[n][f]
		if d := x.Period.Start(); x.Period.Freq() != auyl.FreqDay || d < l.First || d > l.Last {
			continue
		}
		if len(best.used) == 0 || !best.ok && !x.Empty || best.ok == !x.Empty && x.Period.Start() > w.figures[n][best.used[0]].Period.Start() {
			best = pick{[]int{f}, !x.Empty}
		}
	}
	return best
}
