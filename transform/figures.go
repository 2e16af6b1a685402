package transform

import (
	"slices"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/transform/rollup"
)

// scratch is room that cellsOf uses again.
type scratch struct {
	totals            []rollup.Total
	own, want, secret []bool
	partial           []bool
	cells             []cell
}

// zeroed returns n zero elements in the room of s.
func zeroed[T any](s []T, n int) []T {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// cellsOf computes the cells of all areas of a tree for one indicator.
func (s *scratch) cellsOf(ind *indicator, t *tree, cols []operand, pop *column, values []*multiset) []cell {
	n := t.Len()
	s.totals = zeroed(s.totals, n)
	s.own, s.want, s.secret = zeroed(s.own, n), zeroed(s.want, n), zeroed(s.secret, n)
	s.partial = zeroed(s.partial, n)
	totals := s.totals
	own := s.own       // the figure is the area's own
	want := s.want     // the area, or one below it, was spoken of: it has a cell
	secret := s.secret // what was said of it is confidential
	partial := s.partial
	all := false // some unit, or area below one, spoke: then every area has a cell
	for i := range int32(n) {
		for _, d := range ind.drivers {
			v := &cols[d].col.vals[i]
			want[i] = want[i] || v.seen
			all = all || v.seen && t.levels[i] >= ind.unit
		}
		for _, o := range cols {
			if o.col != nil {
				secret[i] = secret[i] || o.col.vals[i].secret
				partial[i] = partial[i] || o.col.vals[i].partial
			}
		}
	}
	fill := func(i int32, self bool) bool {
		return unitTotal(ind, cols, pop, i, self, &totals[i])
	}
	if ind.params.Rule == rollup.RuleDirect {
		for i := range int32(n) {
			totals[i].Total, totals[i].Flags = 1, rollup.WeightUnknown
			own[i] = fill(i, true)
		}
		all = false
	} else {
		// What an area publishes for itself is a part of the areas above it,
		// and if it is taken back they are to say so.
		for i := n - 1; i > 0; i-- {
			want[t.parents[i]] = want[t.parents[i]] || want[i]
		}
		unit := t.unit[ind.unit]
		for i := range int32(n) {
			if unit[i] {
				fill(i, false)
				own[i] = true
			}
		}
		t.Sum(totals, func(i int, sum *rollup.Total) *rollup.Total {
			if unit[i] || t.levels[i] > ind.unit {
				return nil
			}
			r := rollup.Total{}
			if !unitTotal(ind, cols, pop, int32(i), true, &r) {
				return nil
			}
			r.Total = max(sum.Total, 1)
			r.Reported = r.Total
			own[i] = true
			return &r
		})
	}
	origin := auyl.Origin(0)
	for _, d := range ind.drivers {
		if o := cols[d].col.origin; origin == 0 || o != 0 && o < origin {
			origin = o
		}
	}
	level := ind.cellLevel()
	out := s.cells[:0]
	for _, i := range t.sorted {
		if t.levels[i] > level || !all && !want[i] && totals[i].Reported == 0 {
			continue
		}
		c := makeCell(ind, &totals[i], own[i])
		c.area, c.level, c.boundary = t.codes[i], t.levels[i], t.boundary
		if values != nil {
			ind.spread(&c, values[i], i == 0)
		}
		if c.reason == rollup.ReasonNoData && partial[i] {
			c.reason = rollup.ReasonIncompletePeriod
		}
		if c.status == auyl.StatusMissing && own[i] && totals[i].Reported == 0 && secret[i] {
			c.status, c.reason = auyl.StatusConfidential, rollup.ReasonConfidential
		}
		if c.origin == 0 {
			c.origin = origin
		}
		out = append(out, c)
	}
	s.cells = out
	return out
}

// unitTotal fills what one area reported and says whether it did. self takes
// its own figures alone; else a series that is reported further down counts
// with its sum.
func unitTotal(ind *indicator, cols []operand, pop *column, i int32, self bool, out *rollup.Total) bool {
	out.Total = 1
	weight, known := auyl.Decimal(0), false
	if pop != nil {
		if v := &pop.vals[i]; v.ok && v.reported == v.total {
			weight, known = v.value, true
		}
	}
	if known {
		out.WeightTotal = weight
	} else {
		out.Flags |= rollup.WeightUnknown
	}
	flags, origin, direct := rollup.Flags(0), auyl.Origin(0), true
	value := func(terms []int32) func(n int32) (auyl.Decimal, bool) {
		return func(n int32) (auyl.Decimal, bool) {
			o := &cols[terms[n]]
			if o.col == nil {
				return o.value, o.ok
			}
			v := &o.col.vals[i]
			switch {
			case !v.ok || self && !v.own:
				return 0, false
			case !v.own:
				share := float64(v.reported) / float64(v.total)
				if share < ind.Minimum {
					return 0, false
				}
				if share < ind.Full {
					flags |= rollup.Estimated
				}
				direct = false
			}
			flags |= v.flags
			origin = max(origin, v.origin)
			return v.value, true
		}
	}
	num, ok := ind.num.eval(value(ind.numTerms))
	if !ok {
		return false
	}
	den := auyl.Decimal(0)
	if ind.ratio() {
		if den, ok = ind.den.eval(value(ind.denTerms)); !ok {
			return false
		}
	}
	if direct {
		flags |= rollup.Direct
	}
	out.Num, out.Den, out.Min, out.Max = num, den, num, num
	out.Reported, out.WeightReported = 1, out.WeightTotal
	out.Flags |= flags
	out.Origin = origin
	if v, ok := rollup.UnitValue(num, den, ind.ratio(), ind.Factor); ok && known {
		out.WeightDen = weight
		out.Weighted = float64(v * weight.Float64()) // no fused multiply: the same bits everywhere
	}
	return true
}
