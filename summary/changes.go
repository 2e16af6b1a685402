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

// change is a figure beside the one that it is held against.
type change struct {
	ind       *schemas.Indicator
	now, then Cell
	by        float64
	strength  float64 // size beside what is usual
	better    bool
}

// changes are the largest ones for the better and for the worse, a section each.
func (c *composer) changes(x *schemas.SummarySection) ([]document.Section, error) {
	var all []change
	for _, ind := range x.Of(c.House.Catalogue) {
		if ch, ok := c.change(ind, c.area.Code, x); ok {
			all = append(all, ch)
		}
	}
	slices.SortFunc(all, func(a, b change) int {
		return cmp.Or(cmp.Compare(b.strength, a.strength), cmp.Compare(a.ind.ID, b.ind.ID))
	})
	limit := cmp.Or(x.Limit, 5)
	var out []document.Section
	for _, better := range []bool{true, false} {
		key := "changes.worse"
		if better {
			key = "changes.better"
		}
		s := document.Section{ID: x.ID + "-" + key[len("changes."):], Title: c.text(key, map[string]words.Arg{"title": plain(c.name(x.Titles))})}
		for _, ch := range all {
			if ch.better == better && len(s.Sentences) < limit {
				s.Sentences = append(s.Sentences, c.sayChange(ch))
			}
		}
		if len(s.Sentences) == 0 {
			s.Empty = c.text(key+".none", nil)
		}
		out = append(out, s)
	}
	return out, nil
}

// change holds the figure of an indicator against an earlier one, where the data
// carry that: both are there, covered alike, of one formula, and nothing breaks
// the series in between.
func (c *composer) change(ind *schemas.Indicator, area auyl.AreaCode, x *schemas.SummarySection) (change, bool) {
	now, ok := c.at(ind, area, c.Period)
	if !ok || now.Value == nil || ind.Direction == "target" || !c.fresh(now) {
		return change{}, false
	}
	then, ok := c.then(ind, now, c.yearly(ind))
	if !ok || then.Value == nil || incomparable(now, then, x.Say.Coverage) != "" {
		return change{}, false
	}
	// The difference is that of the figures as they are printed.
	u := c.unit(ind)
	ch := change{ind: ind, now: now, then: then, by: rounded(*now.Value, u.Decimals) - rounded(*then.Value, u.Decimals)}
	if ch.by == 0 || math.Abs(ch.by) < math.Abs(*then.Value)*x.Say.Percent/100 {
		return change{}, false
	}
	if !c.carries(ind, now, then) || c.broken(now, then) || c.ripened(then, ch.by) {
		return change{}, false
	}
	ch.better = (ch.by > 0) == (ind.Direction == "higher")
	ch.strength = math.Abs(ch.by) / c.usual(ind, now)
	return ch, true
}

// leastDenominator is how many things a share must be of to be told of in words:
// one appeal of three more is 33 points, and no news.
const leastDenominator = 10

func rounded(v float64, decimals int) float64 {
	p := math.Pow10(decimals)
	return math.Round(v*p) / p
}

// broken reports whether the series breaks behind the earlier figure.
func (c *composer) broken(now, then Cell) bool {
	return slices.ContainsFunc(c.cells[cellKey{now.Indicator, now.Area}], func(x Cell) bool {
		return x.Status == auyl.StatusBreak && x.Period.Freq() == now.Period.Freq() && x.Period.Start() > then.Period.Start() && x.Period.Start() <= now.Period.Start()
	})
}

// ripened reports whether the earlier figure has moved by half of a change or more
// since it was first known: the new one is as young as that was, and may move as far.
func (c *composer) ripened(then Cell, by float64) bool {
	r, ok := c.revised(then)
	return ok && r.Old != nil && r.New != nil && math.Abs(*r.New-*r.Old) >= math.Abs(by)/2
}

// carries reports whether two figures are of enough to tell them apart: neither is
// a share of a handful, and where both are counts their intervals do not meet.
func (c *composer) carries(ind *schemas.Indicator, now, then Cell) bool {
	if ind.Rollup == "ratio" {
		for _, x := range []Cell{now, then} {
			if x.Denominator != nil && *x.Denominator < leastDenominator {
				return false
			}
		}
	}
	if c.byChance(ind, now, then) {
		return false
	}
	low, high := interval(c.House.Catalogue, ind, now)
	lowThen, highThen := interval(c.House.Catalogue, ind, then)
	if low == nil || lowThen == nil {
		return true
	}
	return *low > *highThen || *high < *lowThen
}

// byChance reports whether two rates of things that are counted one by one differ by
// no more than counts do by themselves: twice the root of both, as Poisson has it.
func (c *composer) byChance(ind *schemas.Indicator, now, then Cell) bool {
	if ind.Rollup != "ratio" || now.Numerator == nil || then.Numerator == nil || now.Denominator == nil || then.Denominator == nil || *then.Denominator == 0 {
		return false
	}
	s := c.House.Catalogue.SeriesOf(auyl.SeriesID(ind.Numerator))
	if s == nil || !slices.Contains(countedOneByOne(), s.Unit) {
		return false
	}
	expected := *then.Numerator * *now.Denominator / *then.Denominator
	return math.Abs(*now.Numerator-expected) <= 2*math.Sqrt(*now.Numerator+expected)
}

// countedOneByOne are the units of series of which a few more or less are chance.
func countedOneByOne() []string {
	return []string{
		"person", "family", "call", "request", "application", "appeal", "animal", "bite", "enterprise", "loan", "job", "proposal", "place", "site", "grant", "post",
	}
}

// fresh reports whether a figure is of this period: the half-year of spring is no news in autumn.
func (c *composer) fresh(x Cell) bool {
	if x.Period.Freq() == auyl.FreqDay {
		return x.Period.Start() > c.Period.Start() && x.Period.Start() <= c.Period.End()
	}
	return x.Period.LastDay() >= c.Period.Start() && x.Period.LastDay() <= c.Period.LastDay()
}

// incomparable says why two figures do not measure the same: break, method, origin
// or coverage; nothing where they do.
func incomparable(now, then Cell, least float64) string {
	switch {
	case now.Status == auyl.StatusBreak:
		return "break"
	case now.FormulaVersion != then.FormulaVersion, now.BoundaryVersion != then.BoundaryVersion:
		return "method"
	case now.Origin != then.Origin:
		return "origin" // a model against a publication is no change of the world
	case now.Coverage == nil || then.Coverage == nil:
		return ""
	case *now.Coverage < least, *then.Coverage < least, math.Abs(*now.Coverage-*then.Coverage) > mostCoverage:
		return "coverage"
	}
	return ""
}

// mostCoverage is how far the shares of the population may lie apart whose figures
// are held against each other: one in ten elsewhere moves most rates more than a month does.
const mostCoverage = 0.1

// notCompared says why a figure stands alone.
func (c *composer) notCompared(why string, now, then Cell) document.Sentence {
	args := map[string]words.Arg{"was_period": c.w.Period(then.Period)}
	if why == "coverage" {
		args["share"], args["was"] = c.percent(100**now.Coverage), c.percent(100**then.Coverage)
	}
	return c.sentence("trust.not."+why, args)
}

// usual is the median size of the steps of the last two years, so that an indicator
// which always jumps does not crowd out the quiet ones; where fewer than five are
// known, a twentieth of the value.
func (c *composer) usual(ind *schemas.Indicator, now Cell) float64 {
	var steps []float64
	for _, x := range c.cells[cellKey{ind.ID, now.Area}] {
		if x.Value == nil || x.Period.Start() >= now.Period.Start() {
			continue
		}
		if before, ok := c.then(ind, x, c.yearly(ind)); ok && incomparable(x, before, 0) == "" {
			steps = append(steps, math.Abs(*x.Value-*before.Value))
		}
	}
	floor := math.Max(math.Abs(*now.Value)/200, 1e-9)
	if m, ok := median(steps); ok && len(steps) >= 5 {
		return math.Max(m, floor)
	}
	return math.Max(math.Abs(*now.Value)/20, floor)
}

func (c *composer) sayChange(ch change) document.Sentence {
	key := "change.up"
	if ch.by < 0 {
		key = "change.down"
	}
	if ch.now.Period.Freq() == auyl.FreqDay {
		key += ".day"
	}
	s := c.sentence(key, map[string]words.Arg{
		"name": plain(c.name(ch.ind.Names)), "now": c.number(ch.ind, ch.now), "was": c.number(ch.ind, ch.then),
		"by": c.said(ch.ind).Difference(ch.by), "was_period": c.w.Period(ch.then.Period), "now_period": c.w.Period(ch.now.Period),
	})
	if c.yearly(ch.ind) {
		s = join(s, c.sentence("trust.yearly", nil))
	}
	return join(s, c.trust(ch.now, ch.then))
}

// trust says how far a comparison is to be believed, where there is something to say.
func (c *composer) trust(now, then Cell) document.Sentence {
	var s document.Sentence
	if now.Coverage != nil && then.Coverage != nil && (*now.Coverage < 0.95 || *then.Coverage < 0.95) {
		a, b := c.percent(100**now.Coverage), c.percent(100**then.Coverage)
		if a.Text == b.Text {
			s = join(s, c.sentence("trust.coverage", map[string]words.Arg{"share": a}))
		} else {
			s = join(s, c.sentence("trust.coverage.changed", map[string]words.Arg{"share": a, "was": b}))
		}
	}
	switch {
	case now.Status == auyl.StatusProvisional:
		s = join(s, c.sentence("trust.provisional", nil))
	case now.Status == auyl.StatusEstimated && len(s) == 0:
		s = join(s, c.sentence("trust.estimated", nil))
	}
	if r, ok := c.revised(then); ok && r.Old != nil && r.New != nil && r.told() {
		ind := c.House.Catalogue.Indicator(then.Indicator)
		old := c.said(ind).Value(*r.Old)
		if old.Text != c.said(ind).Value(*r.New).Text {
			s = join(s, c.sentence("trust.revised", map[string]words.Arg{"old": old, "period": c.w.Period(then.Period), "class": plain(c.text("class."+r.Class, nil))}))
		}
	}
	return s
}

func (c *composer) revised(x Cell) (Revision, bool) {
	i := slices.IndexFunc(c.revisions, func(r Revision) bool {
		return r.Indicator == x.Indicator && r.Area == x.Area && r.Period == x.Period
	})
	if i < 0 {
		return Revision{}, false
	}
	return c.revisions[i], true
}

// percent is a share in words, without a figure behind it.
func (c *composer) percent(v float64) words.Arg {
	u, err := c.w.Unit("%")
	if err != nil {
		c.fault = err
	}
	if v < 99.5 || v == 100 {
		u.Decimals = 0 // 99,7 % is not 100 %
	}
	return u.Value(v)
}
