package summary

import (
	"cmp"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/summary/document"
	"github.com/auyl-kz/auyl/summary/words"
)

// table has the area's indicators below each other, or its parts with an indicator a column.
func (c *composer) table(x *schemas.SummarySection, s *document.Section) {
	if x.Level != 0 && x.Level != c.Def.Level {
		c.partsTable(x, s)
		return
	}
	inds := x.Of(c.House.Catalogue)
	for i := 0; i < len(inds); {
		j := i + 1
		for j < len(inds) && inds[j].Theme == inds[i].Theme {
			j++
		}
		s.Tables = append(s.Tables, c.ownTable(x, s.Title, inds[i:j]))
		i = j
	}
}

func (c *composer) ownTable(x *schemas.SummarySection, title string, inds []*schemas.Indicator) document.Table {
	number := func(key string) document.Head { return document.Head{Text: c.text(key, nil), Number: true} }
	t := document.Table{Title: title, Theme: inds[0].Theme, Heads: []document.Head{
		{Text: c.text("head.indicator", nil)}, {Text: c.text("head.unit", nil)}, {Text: c.text("head.period", nil)}, number("head.value"),
	}}
	has := func(w string) bool { return slices.Contains(x.Compare, w) }
	if has("previous") {
		t.Heads = append(t.Heads, number("head.previous"))
	}
	if has("last_year") {
		t.Heads = append(t.Heads, number("head.last_year"))
	}
	if has("peers") {
		t.Heads = append(t.Heads, number("head.peers"))
	}
	peers := c.peersOf(c.Def.Level)[c.area.Code]
	for _, ind := range inds {
		now, ok := c.at(ind, c.area.Code, c.Period)
		if !ok {
			continue
		}
		row := []document.Cell{{Text: c.name(ind.Names)}, {Text: c.unit(ind).Head}, {Text: c.w.ShortPeriod(now.Period)}, c.cell(ind, now)}
		for _, lastYear := range []bool{false, true} {
			if !has(map[bool]string{false: "previous", true: "last_year"}[lastYear]) {
				continue
			}
			if then, ok := c.then(ind, now, lastYear); ok {
				row = append(row, c.cell(ind, then))
			} else {
				row = append(row, document.Cell{Text: c.text("why.no_data", nil)})
			}
		}
		if has("peers") {
			row = append(row, c.medianCell(ind, peers))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (c *composer) medianCell(ind *schemas.Indicator, peers []auyl.AreaCode) document.Cell {
	values := c.peerValues(ind, peers)
	m, ok := median(values)
	if !ok || len(values) < 3 {
		return document.Cell{Text: c.text("why.few_peers", nil)}
	}
	u := c.unit(ind)
	return document.Cell{Text: c.w.Number(m, u.Decimals), Value: &m, Decimals: u.Decimals}
}

// partsTable has the areas below each other, the area itself first.
func (c *composer) partsTable(x *schemas.SummarySection, s *document.Section) {
	inds := x.Of(c.House.Catalogue)
	t := document.Table{Title: s.Title, Heads: []document.Head{{Text: c.text("head.area", nil)}}}
	for _, ind := range inds {
		h := document.Head{Text: c.name(ind.Names), Unit: c.unit(ind).Head, Number: true}
		if now, ok := c.at(ind, c.area.Code, c.Period); ok && now.Period != c.Period {
			h.Text += " (" + c.w.ShortPeriod(now.Period) + ")"
		}
		t.Heads = append(t.Heads, h)
	}
	codes := []auyl.AreaCode{c.area.Code}
	for _, a := range c.areasOf(c.area.Code, x.Level) {
		codes = append(codes, a.Code)
	}
	for _, code := range codes {
		row := []document.Cell{{Text: c.fullName(code)}}
		for _, ind := range inds {
			if now, ok := c.at(ind, code, c.Period); ok {
				row = append(row, c.cell(ind, now))
			} else {
				row = append(row, document.Cell{Text: c.text("why.no_data", nil)})
			}
		}
		t.Rows = append(t.Rows, row)
	}
	s.Tables = append(s.Tables, t)
}

// trend draws the last two years of each indicator, in small multiples.
func (c *composer) trend(x *schemas.SummarySection, s *document.Section) {
	for _, ind := range x.Of(c.House.Catalogue) {
		if ch, ok := c.trendOf(ind, c.area.Code); ok {
			s.Charts = append(s.Charts, ch)
		}
	}
}

func (c *composer) trendOf(ind *schemas.Indicator, area auyl.AreaCode) (document.Chart, bool) {
	last, ok := c.at(ind, area, c.Period)
	if !ok {
		return document.Chart{}, false
	}
	u := c.unit(ind)
	ch := document.Chart{
		Kind: document.Trend, Title: c.name(ind.Names), Unit: u.Head, Decimals: u.Decimals, LowerIsBetter: ind.Direction == "lower",
	}
	line := document.Line{Name: c.areaName(area).Text, Main: true}
	var first, final *Cell
	low, high := 0.0, 0.0
	for i := range c.cells[cellKey{ind.ID, area}] {
		x := &c.cells[cellKey{ind.ID, area}][i]
		if x.Period.Start() > last.Period.Start() || x.Period.Start() < c.Period.End()-760 {
			continue
		}
		f := c.figure(ind, *x)
		ch.Labels = append(ch.Labels, c.w.ShortPeriod(x.Period))
		line.Points = append(line.Points, document.Point{Value: x.Value, Break: x.Status == auyl.StatusBreak, Mark: f.Mark})
		if x.Value == nil {
			continue
		}
		if first == nil {
			first, low, high = x, *x.Value, *x.Value
		}
		final, low, high = x, min(low, *x.Value), max(high, *x.Value)
	}
	if first == nil || final == first {
		return document.Chart{}, false
	}
	ch.Lines = []document.Line{line}
	said := c.said(ind)
	ch.Alt = c.text("alt.trend", map[string]words.Arg{
		"name": plain(c.name(ind.Names)), "from": plain(c.w.ShortPeriod(first.Period)), "to": plain(c.w.ShortPeriod(final.Period)),
		"first": said.Value(*first.Value), "last": said.Value(*final.Value), "low": said.Value(low), "high": said.Value(high),
	})
	return ch, true
}

// multiples draw the parts of the area beside each other, a picture for each indicator.
func (c *composer) multiples(x *schemas.SummarySection, s *document.Section) {
	for _, ind := range x.Of(c.House.Catalogue) {
		u := c.unit(ind)
		ch := document.Chart{
			Kind: document.Multiples, Title: c.name(ind.Names), Unit: u.Head, Decimals: u.Decimals, LowerIsBetter: ind.Direction == "lower",
		}
		for _, code := range c.rankedAreas(x) {
			if p, ok := c.trendOf(ind, code); ok {
				p.Title = c.areaName(code).Text
				ch.Panels = append(ch.Panels, p)
			}
		}
		r, ok := c.rankingOf(ind, x)
		if len(ch.Panels) == 0 || !ok {
			continue
		}
		ch.Alt = r.Alt
		s.Charts = append(s.Charts, ch)
	}
}

// ranking holds parts of the area, or its peers, side by side.
func (c *composer) ranking(x *schemas.SummarySection, s *document.Section) {
	for _, ind := range x.Of(c.House.Catalogue) {
		now, ok := c.at(ind, c.area.Code, c.Period)
		if ok {
			s.Sentences = append(s.Sentences, c.sayLevel(ind, now, x))
		}
		if ch, ok := c.rankingOf(ind, x); ok {
			s.Charts = append(s.Charts, ch)
		}
	}
}

// sayLevel says where a figure stands, and beside it the one before.
func (c *composer) sayLevel(ind *schemas.Indicator, now Cell, x *schemas.SummarySection) document.Sentence {
	args := map[string]words.Arg{"name": plain(c.name(ind.Names)), "now": c.number(ind, now), "now_period": c.w.Period(now.Period)}
	lastYear := c.yearly(ind) || !slices.Contains(x.Compare, "previous")
	then, ok := c.then(ind, now, lastYear)
	only := now.Value == nil || !ok || len(x.Compare) == 0
	args["was_period"] = c.w.Period(then.Period)
	if why := incomparable(now, then, x.Say.Coverage); only || why != "" {
		s := c.sentence("level.only", args)
		if !only {
			reason := c.notCompared(why, now, then)
			if text := textOf(reason); text != c.lastWhy {
				c.lastWhy = text
				return join(s, reason)
			}
			return s
		}
		return join(s, c.trust(now, now))
	}
	args["was"] = c.number(ind, then)
	return join(c.sentence("level.was", args), c.trust(now, then))
}

func textOf(s document.Sentence) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteString(r.Text)
	}
	return b.String()
}

func (c *composer) rankingOf(ind *schemas.Indicator, x *schemas.SummarySection) (document.Chart, bool) {
	u := c.unit(ind)
	ch := document.Chart{
		Kind: document.Ranking, Title: c.name(ind.Names), Unit: u.Head, Decimals: u.Decimals, LowerIsBetter: ind.Direction == "lower",
	}
	codes := c.rankedAreas(x)
	var cells []Cell
	for _, code := range codes {
		if cell, ok := c.at(ind, code, c.Period); ok {
			cells = append(cells, cell)
		}
	}
	slices.SortStableFunc(cells, func(a, b Cell) int {
		switch {
		case a.Value == nil && b.Value == nil:
			return cmp.Compare(a.Area, b.Area)
		case a.Value == nil:
			return 1
		case b.Value == nil:
			return -1
		case ind.Direction == "lower":
			return cmp.Or(cmp.Compare(*a.Value, *b.Value), cmp.Compare(a.Area, b.Area))
		}
		return cmp.Or(cmp.Compare(*b.Value, *a.Value), cmp.Compare(a.Area, b.Area))
	})
	if x.Limit > 0 && len(cells) > x.Limit {
		cells = cells[:x.Limit]
	}
	known := 0
	for _, cell := range cells {
		f := c.figure(ind, cell)
		b := document.Bar{Name: c.areaName(cell.Area).Text, Value: cell.Value, Mark: f.Mark, Main: cell.Area == c.area.Code}
		if cell.Value == nil {
			b.Text = c.why(cell)
		} else {
			b.Text = c.w.Number(*cell.Value, u.Decimals)
			b.Low, b.High = interval(c.House.Catalogue, ind, cell)
			known++
		}
		ch.Bars = append(ch.Bars, b)
	}
	if known == 0 {
		ch.Alt = c.text("alt.none", map[string]words.Arg{"name": plain(ch.Title)})
		return ch, len(cells) > 0
	}
	best, worst, said := ch.Bars[0], ch.Bars[known-1], c.said(ind)
	ch.Alt = c.text("alt.ranking", map[string]words.Arg{
		"name": plain(ch.Title), "n": c.w.Count(known), "best": plain(best.Name), "best_value": said.Value(*best.Value),
		"worst": plain(worst.Name), "worst_value": said.Value(*worst.Value),
	})
	return ch, true
}

// rankedAreas are the parts of the area, or where the section is of its own level its peers.
func (c *composer) rankedAreas(x *schemas.SummarySection) []auyl.AreaCode {
	if x.Level == 0 || x.Level == c.Def.Level {
		if peers := c.peersOf(c.Def.Level)[c.area.Code]; len(peers) > 0 {
			return peers
		}
		return []auyl.AreaCode{c.area.Code}
	}
	var out []auyl.AreaCode
	for _, a := range c.areasOf(c.area.Code, x.Level) {
		out = append(out, a.Code)
	}
	return out
}

// maps shows the parts of the area by each indicator.
func (c *composer) maps(x *schemas.SummarySection, s *document.Section) {
	for _, ind := range x.Of(c.House.Catalogue) {
		if now, ok := c.at(ind, c.area.Code, c.Period); ok {
			s.Sentences = append(s.Sentences, c.sayLevel(ind, now, x))
		}
		r, ok := c.rankingOf(ind, x)
		if !ok {
			continue
		}
		m := document.Chart{Kind: document.Map, Title: r.Title, Unit: r.Unit, Alt: r.Alt, Decimals: r.Decimals, LowerIsBetter: r.LowerIsBetter}
		for _, code := range c.rankedAreas(x) {
			cell, ok := c.at(ind, code, c.Period)
			reg := document.Region{Area: code, Name: c.areaName(code).Text, Text: c.text("why.no_data", nil)}
			if ok && cell.Value != nil {
				reg.Value, reg.Text = cell.Value, c.w.Number(*cell.Value, r.Decimals)
			} else if ok {
				reg.Text = c.why(cell)
			}
			m.Regions = append(m.Regions, reg)
		}
		s.Charts = append(s.Charts, m)
	}
	c.sayLate(s)
}
