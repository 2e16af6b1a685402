package summary

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/summary/document"
	"github.com/auyl-kz/auyl/summary/words"
)

// lateness is how a source stands by what its contract promises.
type lateness struct {
	source auyl.SourceID
	owes   auyl.Period // the first period that is owed; zero where none is
	days   int         // since it was due
}

// late holds a source against its contract on the day of the vintage.
func (c *composer) late(f Feed) lateness {
	k := c.House.Contracts[f.Source]
	l := lateness{source: f.Source}
	if k == nil || k.Expect == nil || f.Until == 0 {
		return l
	}
	today := auyl.DayOf(c.AsOf.In(c.zone))
	owes := auyl.NewPeriod(k.Expect.Freq, f.Until+1)
	due := owes.End() + auyl.Day(k.Expect.ByDay)
	if due < today {
		l.owes, l.days = owes, int(today-due)
	}
	return l
}

// feedTable lists the sources, those that are late first.
func (c *composer) feedTable(x *schemas.SummarySection, s *document.Section) {
	t := document.Table{Title: s.Title, Heads: []document.Head{
		{Text: c.text("head.source", nil)}, {Text: c.text("head.newest_period", nil)}, {Text: c.text("head.owes", nil)}, {Text: c.text("head.late", nil), Number: true},
	}}
	var list []lateness
	until := map[auyl.SourceID]auyl.Day{}
	for _, f := range c.feeds {
		list = append(list, c.late(f))
		until[f.Source] = f.Until
	}
	slices.SortStableFunc(list, func(a, b lateness) int { return cmp.Or(cmp.Compare(b.days, a.days), cmp.Compare(a.source, b.source)) })
	late := 0
	for _, l := range list {
		if l.days == 0 {
			continue
		}
		late++
		if x.Limit > 0 && late > x.Limit {
			continue
		}
		days := float64(l.days)
		t.Rows = append(t.Rows, []document.Cell{
			{Text: c.sourceName(l.source)}, {Text: c.dayText(until[l.source])}, {Text: c.w.Period(l.owes).Text}, {Text: c.w.Number(days, 0), Value: &days},
		})
	}
	args := map[string]words.Arg{"late": c.w.Count(late), "all": c.w.Count(len(list))}
	switch {
	case len(list) == 0: // nothing was ever delivered: the section says that it is empty
	case late == 0:
		s.Sentences = append(s.Sentences, c.sentence("feeds.none", args))
	default:
		s.Sentences = append(s.Sentences, c.sentence("feeds.late", args))
		s.Tables = append(s.Tables, t)
	}
	c.levels(x, s)
}

func (c *composer) dayText(d auyl.Day) string {
	if d == 0 {
		return c.text("why.no_data", nil)
	}
	return d.Time().Format("02.01.2006")
}

func (c *composer) sourceName(id auyl.SourceID) string {
	if k := c.House.Contracts[id]; k != nil {
		return c.name(k.Title)
	}
	return string(id)
}

// gap is an indicator of which areas are missing.
type gap struct {
	ind             *schemas.Indicator
	missing, hidden int
	all             int
	reasons         []string
}

// missing says which figures are not there, of how many areas, why, and who has
// them. What cannot be (nothing to divide by) is not missing.
func (c *composer) missing(x *schemas.SummarySection, s *document.Section) {
	own := *x
	own.Themes = nil
	c.levels(&own, s)
	level := cmp.Or(x.Level, c.Def.Level)
	codes := c.partsOf(level)
	var gaps []gap
	for _, ind := range x.Of(c.House.Catalogue) {
		if ind.Level < level || slices.Contains(x.Indicators, ind.ID) {
			continue
		}
		if g := c.gapOf(ind, codes); g.missing > 0 {
			gaps = append(gaps, g)
		}
	}
	slices.SortFunc(gaps, func(a, b gap) int { return cmp.Or(cmp.Compare(b.missing, a.missing), cmp.Compare(a.ind.ID, b.ind.ID)) })
	args := map[string]words.Arg{"n": c.w.Count(len(gaps)), "areas": c.w.Count(len(codes))}
	if len(gaps) == 0 {
		s.Sentences = append(s.Sentences, c.sentence("missing.none", args))
		return
	}
	s.Sentences = append(s.Sentences, c.sentence("missing.some", args))
	t := document.Table{Title: s.Title, Heads: []document.Head{
		{Text: c.text("head.indicator", nil)}, {Text: c.text("head.missing", nil), Number: true}, {Text: c.text("head.why", nil)}, {Text: c.text("head.owner", nil)},
	}}
	for i, g := range gaps {
		if x.Limit > 0 && i >= x.Limit {
			t.Note = c.text("missing.more", map[string]words.Arg{"n": c.w.Count(len(gaps) - i)})
			break
		}
		n := float64(g.missing)
		var owners []string
		for _, id := range g.ind.Sources {
			owners = append(owners, c.sourceName(id))
			c.sources[id] = true
		}
		t.Rows = append(t.Rows, []document.Cell{
			{Text: c.name(g.ind.Names)}, {Text: c.w.Number(n, 0), Value: &n}, {Text: strings.Join(g.reasons, "; ")}, {Text: strings.Join(owners, "; ")},
		})
	}
	s.Tables = append(s.Tables, t)
}

func (c *composer) gapOf(ind *schemas.Indicator, codes []auyl.AreaCode) gap {
	g := gap{ind: ind, all: len(codes)}
	for _, code := range codes {
		x, ok := c.at(ind, code, c.Period)
		var why string
		switch {
		case !ok:
			why = c.text("why.no_data", nil)
		case x.Value != nil, x.Reason == "denominator_zero", x.Reason == "weight_zero":
			continue
		case x.Status == auyl.StatusConfidential:
			g.hidden++
			continue
		default:
			why = c.why(x)
		}
		g.missing++
		if !slices.Contains(g.reasons, why) {
			g.reasons = append(g.reasons, why)
		}
	}
	slices.Sort(g.reasons)
	return g
}

// corrections lists the largest changes of what was said before.
func (c *composer) corrections(x *schemas.SummarySection, s *document.Section) {
	var list []Revision
	for _, r := range c.revisions {
		ind := c.House.Catalogue.Indicator(r.Indicator)
		if r.Area != c.area.Code || ind == nil || !slices.Contains(x.Of(c.House.Catalogue), ind) || r.Old == nil || r.Period.End() > c.Period.Start() || !r.told() {
			continue // what was not there before, or not for long enough to be seen, was not corrected
		}
		if r.New != nil && c.unit(ind).Value(*r.Old).Text == c.unit(ind).Value(*r.New).Text {
			continue // a change that nobody can see in a figure as it is printed
		}
		list = append(list, r)
	}
	size := func(r Revision) float64 {
		if r.New == nil {
			return math.Inf(1)
		}
		return math.Abs(*r.New-*r.Old) / math.Max(math.Abs(*r.Old), 1e-9)
	}
	slices.SortStableFunc(list, func(a, b Revision) int {
		// Last month's first: it is what people have in their heads.
		return cmp.Or(cmp.Compare(b.Period.End(), a.Period.End()), cmp.Compare(size(b), size(a)))
	})
	if len(list) == 0 {
		s.Empty = c.text("corrections.none", nil)
		return
	}
	s.Sentences = append(s.Sentences, c.sentence("corrections.some", map[string]words.Arg{"n": c.w.Count(len(list))}))
	t := document.Table{Title: s.Title, Heads: []document.Head{
		{Text: c.text("head.indicator", nil)},
		{Text: c.text("head.period", nil)},
		{Text: c.text("head.was", nil), Number: true},
		{Text: c.text("head.now", nil), Number: true},
		{Text: c.text("head.class", nil)},
	}}
	for i, r := range list {
		if i >= cmp.Or(x.Limit, 5) {
			t.Note = c.text("corrections.more", map[string]words.Arg{"n": c.w.Count(len(list) - i)})
			break
		}
		ind := c.House.Catalogue.Indicator(r.Indicator)
		u := c.unit(ind)
		value := func(v *float64) document.Cell {
			if v == nil {
				return document.Cell{Text: c.text("why.no_data", nil)}
			}
			return document.Cell{Text: c.w.Number(*v, u.Decimals), Value: v, Decimals: u.Decimals}
		}
		now := value(r.New)
		if cell, ok := c.at(ind, r.Area, r.Period); ok && cell.Period == r.Period {
			now = c.cell(ind, cell)
		}
		name := c.name(ind.Names)
		if u.Head != "" {
			name += ", " + u.Head
		}
		t.Rows = append(t.Rows, []document.Cell{
			{Text: name}, {Text: c.w.ShortPeriod(r.Period)}, value(r.Old), now, {Text: c.text("class."+r.Class, nil)},
		})
	}
	s.Tables = append(s.Tables, t)
}
