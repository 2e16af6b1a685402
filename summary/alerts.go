package summary

import (
	"cmp"
	"slices"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/summary/document"
	"github.com/auyl-kz/auyl/summary/words"
)

// mostAlerts bounds the sentences of one rule; how many more there are is said.
const mostAlerts = 10

// alerts says what the rules of an alert found. Each sentence is one finding.
func (c *composer) alerts() (s document.Section, fired int) {
	s = document.Section{ID: "alerts", Title: c.text("alerts.title", nil)}
	for i := range c.Def.Rules {
		r := &c.Def.Rules[i]
		var found []document.Sentence
		if r.When == "silent" {
			found = c.silent(r)
		} else {
			found = c.crossed(r)
		}
		fired += len(found)
		if more := len(found) - mostAlerts; more > 0 {
			found = append(found[:mostAlerts], c.sentence("alerts.more", map[string]words.Arg{"n": c.w.Count(more)}))
		}
		s.Sentences = append(s.Sentences, found...)
	}
	if fired == 0 {
		s.Empty = c.text("alerts.none", nil)
	}
	return s, fired
}

// crossed are the areas of which a figure is beyond a threshold, or after a break.
func (c *composer) crossed(r *schemas.SummaryRule) []document.Sentence {
	ind := c.House.Catalogue.Indicator(r.Indicator)
	type hit struct {
		cell Cell
		far  float64
	}
	var hits []hit
	for _, code := range c.partsOf(cmp.Or(r.Level, c.Def.Level)) {
		x, ok := c.newest(ind, code)
		if !ok || x.Value == nil {
			continue
		}
		switch {
		case r.When == "below" && *x.Value < r.Value:
			hits = append(hits, hit{x, r.Value - *x.Value})
		case r.When == "above" && *x.Value > r.Value:
			hits = append(hits, hit{x, *x.Value - r.Value})
		case r.When == "break" && x.Status == auyl.StatusBreak:
			hits = append(hits, hit{x, 0})
		}
	}
	slices.SortFunc(hits, func(a, b hit) int { return cmp.Or(cmp.Compare(b.far, a.far), cmp.Compare(a.cell.Area, b.cell.Area)) })
	var out []document.Sentence
	for _, h := range hits {
		args := map[string]words.Arg{
			"area": plain(c.fullName(h.cell.Area)), "name": plain(c.name(ind.Names)), "now": c.number(ind, h.cell), "now_period": c.w.Period(h.cell.Period),
			"bound": c.unit(ind).Value(r.Value),
		}
		out = append(out, c.sentence("alerts."+r.When, args))
	}
	return out
}

// newest is the newest figure by the end of the period, whatever its frequency, if
// it is not older than a quarter: an alert is about now.
func (c *composer) newest(ind *schemas.Indicator, code auyl.AreaCode) (Cell, bool) {
	for _, x := range slices.Backward(c.cells[cellKey{ind.ID, code}]) {
		if x.Period.Start() <= c.Period.End() {
			return x, x.Period.LastDay() >= c.Period.Start()-100
		}
	}
	return Cell{}, false
}

// silent are the sources that owe a period for longer than the rule allows.
func (c *composer) silent(r *schemas.SummaryRule) []document.Sentence {
	var list []lateness
	for _, f := range c.feeds {
		if len(r.Sources) > 0 && !slices.Contains(r.Sources, f.Source) {
			continue
		}
		if l := c.late(f); l.days > r.Days {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(a, b lateness) int { return cmp.Or(cmp.Compare(b.days, a.days), cmp.Compare(a.source, b.source)) })
	var out []document.Sentence
	for _, l := range list {
		c.sources[l.source] = true
		out = append(out, c.sentence("alerts.silent", map[string]words.Arg{
			"source": plain(c.sourceName(l.source)), "period": c.w.Period(l.owes), "days": c.w.Count(l.days),
		}))
	}
	return out
}
