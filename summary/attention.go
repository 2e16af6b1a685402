package summary

import (
	"cmp"
	"math"
	"slices"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/summary/document"
	"github.com/auyl-kz/auyl/summary/words"
)

// concern is the figure by which an area stands out for the worse among its peers.
type concern struct {
	area   auyl.AreaCode
	ind    *schemas.Indicator
	cell   Cell
	peers  float64 // their median
	far    float64 // spreads from the median
	people float64
	also   int // further indicators by which it stands out
}

// standsOut is the distance, in spreads of the peers, from which an area stands out.
const standsOut = 2

// attention lists the areas that stand out for the worse, ordered by the people
// that live there times the distance from their peers.
func (c *composer) attention(x *schemas.SummarySection, s *document.Section) {
	all, compared := c.concerns(x)
	if compared == 0 {
		s.Empty = c.text("attention.unknown", nil)
		return
	}
	slices.SortFunc(all, func(a, b concern) int {
		return cmp.Or(cmp.Compare(b.people*b.far, a.people*a.far), cmp.Compare(a.area, b.area))
	})
	limit := cmp.Or(x.Limit, 10)
	shown := all[:min(limit, len(all))]
	if len(shown) == 0 {
		s.Empty = c.text("attention.none", nil)
		return
	}
	level := cmp.Or(x.Level, c.Def.Level)
	s.Sentences = append(s.Sentences, c.sentence("attention.intro", map[string]words.Arg{
		"shown": c.w.Count(len(shown)), "found": c.w.Count(len(all)), "all": c.w.Count(len(c.partsOf(level))),
	}))
	t := document.Table{Heads: []document.Head{
		{Text: c.text("head.area", nil)},
		{Text: c.text("head.reason", nil)},
		{Text: c.text("head.value", nil), Number: true},
		{Text: c.text("head.peers", nil), Number: true},
		{Text: c.text("head.people", nil), Number: true},
	}, Title: s.Title, Note: c.text("attention.note", nil)}
	for _, k := range shown {
		reason := c.name(k.ind.Names)
		if unit := c.unit(k.ind).Head; unit != "" {
			reason += ", " + unit
		}
		if k.ind.Controllable == "none" {
			reason += " (" + c.text("not_akim", nil) + ")"
		}
		if k.also > 0 {
			reason += "; " + c.text("attention.also", map[string]words.Arg{"n": c.w.Count(k.also)})
		}
		u := c.unit(k.ind)
		peers := k.peers
		people := document.Cell{Text: c.text("why.no_data", nil)}
		population := c.House.Catalogue.Indicator("population_total")
		if p, ok := c.at(population, k.area, c.Period); ok {
			people = c.cell(population, p)
		}
		t.Rows = append(t.Rows, []document.Cell{
			{Text: c.fullName(k.area)},
			{Text: reason},
			c.cell(k.ind, k.cell),
			{Text: c.w.Number(peers, u.Decimals), Value: &peers, Decimals: u.Decimals},
			people,
		})
	}
	s.Tables = append(s.Tables, t)
}

// concerns finds for each area the figure that is farthest on the bad side of its
// peers; compared counts the figures that could be held against any.
func (c *composer) concerns(x *schemas.SummarySection) (out []concern, compared int) {
	level := cmp.Or(x.Level, c.Def.Level)
	population := c.House.Catalogue.Indicator("population_total")
	best := map[auyl.AreaCode]*concern{}
	peers := c.peersOf(level)
	for _, ind := range x.Of(c.House.Catalogue) {
		if ind.Direction == "target" || ind.Level < level {
			continue
		}
		for _, code := range c.partsOf(level) {
			cell, ok := c.at(ind, code, c.Period)
			if !ok || cell.Value == nil || cell.Coverage != nil && *cell.Coverage < x.Say.Coverage {
				continue
			}
			values := c.peerValues(ind, peers[code])
			m, ok := median(values)
			sd := spread(values, m)
			if !ok || len(values) < 6 || sd == 0 {
				continue
			}
			compared++
			far := (m - *cell.Value) / sd
			if ind.Direction == "lower" {
				far = -far
			}
			if far < standsOut || math.IsInf(far, 0) {
				continue
			}
			k := best[code]
			if k == nil {
				k = &concern{area: code}
				if p, ok := c.at(population, code, c.Period); ok && p.Value != nil {
					k.people = *p.Value
				}
				best[code] = k
			} else {
				k.also++
			}
			if far > k.far {
				k.ind, k.cell, k.peers, k.far = ind, cell, m, far
			}
		}
	}
	for _, k := range best {
		if k.people > 0 { // whom it touches is not known where nobody was counted
			out = append(out, *k)
		}
	}
	return out, compared
}
