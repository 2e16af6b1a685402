package summary

import (
	"cmp"
	"math"
	"slices"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// peersOf returns those that each area of a level is held against, itself included.
func (e *Edition) peersOf(level auyl.Level) map[auyl.AreaCode][]auyl.AreaCode { return e.peers[level] }

// group groups the areas of a level by kind (town or country) and by thirds of
// population: a village of eight hundred is not held against a town. An area
// whose population is not known is with those of its kind alone.
func (e *Edition) group(level auyl.Level) map[auyl.AreaCode][]auyl.AreaCode {
	population := e.House.Catalogue.Indicator("population_total")
	type member struct {
		code   auyl.AreaCode
		people float64
	}
	kinds := map[string][]member{}
	for _, a := range e.areasOf(e.oblast, level) {
		m := member{code: a.Code, people: math.NaN()}
		if population != nil {
			if c, ok := e.at(population, a.Code, e.Period); ok && c.Value != nil {
				m.people = *c.Value
			}
		}
		kind := a.Kind
		if kind != "rural_okrug" && level == auyl.LevelOkrug {
			kind = "town"
		}
		kinds[kind] = append(kinds[kind], m)
	}
	out := map[auyl.AreaCode][]auyl.AreaCode{}
	for _, members := range kinds {
		slices.SortFunc(members, func(a, b member) int { return cmp.Or(cmp.Compare(a.people, b.people), cmp.Compare(a.code, b.code)) })
		parts := 1
		if len(members) >= 24 { // three groups of eight at least
			parts = 3
		}
		for i := range parts {
			group := members[i*len(members)/parts : (i+1)*len(members)/parts]
			codes := make([]auyl.AreaCode, len(group))
			for k, m := range group {
				codes[k] = m.code
			}
			slices.Sort(codes)
			for _, m := range group {
				out[m.code] = codes
			}
		}
	}
	return out
}

// areasOf lists the areas of a level in an area on the last day of the period, by code.
func (e *Edition) areasOf(within auyl.AreaCode, level auyl.Level) []*auyl.Area {
	var out []*auyl.Area
	for a := range e.House.Areas.Below(within, e.Period.LastDay()) {
		if a.Level == level {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b *auyl.Area) int { return cmp.Compare(a.Code, b.Code) })
	return out
}

// median of what is there; ok is false of nothing.
func median(v []float64) (m float64, ok bool) {
	if len(v) == 0 {
		return 0, false
	}
	s := slices.Sorted(slices.Values(v))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2, true
}

// spread is the scaled median deviation from the median.
func spread(v []float64, m float64) float64 {
	d := make([]float64, len(v))
	for i, x := range v {
		d[i] = math.Abs(x - m)
	}
	s, _ := median(d)
	return 1.4826 * s
}

// peerValues are the figures of those that an area is held against, itself included.
func (e *Edition) peerValues(ind *schemas.Indicator, peers []auyl.AreaCode) []float64 {
	var out []float64
	for _, code := range peers {
		if c, ok := e.at(ind, code, e.Period); ok && c.Value != nil {
			out = append(out, *c.Value)
		}
	}
	return out
}
