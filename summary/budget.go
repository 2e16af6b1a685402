package summary

import (
	"cmp"
	"slices"

	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/summary/document"
	"github.com/auyl-kz/auyl/summary/words"
)

// budget says where the area stands and which parts spend less than the plan of
// the period. The first indicator of the section is the execution.
func (c *composer) budget(x *schemas.SummarySection, s *document.Section) {
	inds := x.Of(c.House.Catalogue)
	c.levels(x, s)
	if x.Level == 0 || x.Level == c.Def.Level {
		return
	}
	execution, below := inds[0], cmp.Or(x.Say.Below, 80)
	var slow []Cell
	known, all := 0, 0
	for _, a := range c.areasOf(c.area.Code, x.Level) {
		all++
		cell, ok := c.at(execution, a.Code, c.Period)
		if !ok || cell.Value == nil || cell.Coverage != nil && *cell.Coverage < x.Say.Coverage {
			continue
		}
		known++
		if *cell.Value < below {
			slow = append(slow, cell)
		}
	}
	args := map[string]words.Arg{
		"slow": c.w.Count(len(slow)), "known": c.w.Count(known), "all": c.w.Count(all), "below": c.percent(below),
	}
	switch {
	case known == 0:
		s.Sentences = append(s.Sentences, c.sentence("budget.unknown", args))
		return
	case len(slow) == 0:
		s.Sentences = append(s.Sentences, c.sentence("budget.none", args))
		return
	}
	s.Sentences = append(s.Sentences, c.sentence("budget.slow", args))
	slices.SortFunc(slow, func(a, b Cell) int { return cmp.Or(cmp.Compare(*a.Value, *b.Value), cmp.Compare(a.Area, b.Area)) })
	if x.Limit > 0 && len(slow) > x.Limit {
		slow = slow[:x.Limit]
	}
	t := document.Table{Title: c.text("budget.table", args), Theme: "local_budget", Heads: []document.Head{{Text: c.text("head.area", nil)}}}
	for _, ind := range inds {
		t.Heads = append(t.Heads, document.Head{Text: c.name(ind.Names), Unit: c.unit(ind).Head, Number: true})
	}
	for _, cell := range slow {
		row := []document.Cell{{Text: c.fullName(cell.Area)}}
		for _, ind := range inds {
			if now, ok := c.at(ind, cell.Area, c.Period); ok {
				row = append(row, c.cell(ind, now))
			} else {
				row = append(row, document.Cell{Text: c.text("why.no_data", nil)})
			}
		}
		t.Rows = append(t.Rows, row)
	}
	s.Tables = append(s.Tables, t)
}
