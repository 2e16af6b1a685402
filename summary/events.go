package summary

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/summary/document"
	"github.com/auyl-kz/auyl/summary/words"
)

// sum adds up the events of an area.
func (c *composer) sum(name string, area auyl.AreaCode) Events {
	out := Events{Okrug: area, Sums: map[string]float64{}, Counts: map[string]uint64{}}
	for _, e := range c.events[name] {
		if !within(e.Okrug, area) {
			continue
		}
		out.Events += e.Events
		out.Open += e.Open
		out.Late += e.Late
		out.Timed += e.Timed
		out.Overdue += e.Overdue
		out.OpenDays = append(out.OpenDays, e.OpenDays...)
		out.Origin = max(out.Origin, e.Origin)
		for k, v := range e.Sums {
			out.Sums[k] += v
		}
		for k, n := range e.Counts {
			out.Counts[k] += n
		}
	}
	slices.Sort(out.OpenDays)
	return out
}

func within(code, area auyl.AreaCode) bool {
	return code == area || code.Oblast() == area || code.District() == area || code.Okrug() == area
}

// explained is what a count of events leads to, and the mark beside it.
type explained struct{ command, mark string }

// explain gives the command that lists the events behind a count in an area.
func (c *composer) explain(kind string, area *auyl.Area, origin auyl.Origin) explained {
	x := explained{}
	if origin == auyl.OriginSynthetic {
		x.mark = markSynthetic
		c.marks[markSynthetic] = true
		c.synthetic++
	}
	c.shown++
	from := c.Period.Start()
	kind, open := strings.CutSuffix(kind, "/open")
	if open {
		from = sinceEver
	}
	kind, before := strings.CutSuffix(kind, "/before")
	to := c.Period.End()
	if before {
		from, to = c.Period.Shift(-1).Start(), c.Period.Start()
	}
	const layout = "2006-01-02 15:04:05"
	x.command = fmt.Sprintf("auyl query \"SELECT id, area, occurred_at, attributes FROM event_current WHERE kind = '%s' AND startsWith(area, '%s') AND occurred_at >= '%s' AND occurred_at < '%s' AND recorded_at <= '%s'\"",
		kind, prefix(area), c.midnight(from).Format(layout), c.midnight(to).Format(layout), c.AsOf.UTC().Format(layout+".000"))
	return x
}

// prefix are the digits that the codes of an area and of all below it share.
func prefix(a *auyl.Area) string {
	digits := map[auyl.Level]int{auyl.LevelOblast: 2, auyl.LevelDistrict: 4, auyl.LevelOkrug: 6, auyl.LevelSettlement: 9}[a.Level]
	return a.Code.String()[:digits]
}

// count is a number of events of a kind, marked as what it is.
func (c *composer) count(kind string, n uint64, origin auyl.Origin) words.Arg {
	a := c.w.Count(int(n))
	a.Ref = c.explain(kind, c.area, origin)
	return a
}

// countCell is count in a table, of a part of the area.
func (c *composer) countCell(kind string, code auyl.AreaCode, n float64, origin auyl.Origin) document.Cell {
	out := document.Cell{Text: c.w.Number(n, 0), Value: &n}
	if a, ok := c.House.Areas.At(code, c.Period.LastDay()); ok {
		x := c.explain(kind, a, origin)
		out.Text, out.Explain = out.Text+x.mark, x.command
	}
	return out
}

// told reports whether the sources of a kind of event have told of the period at
// all; where they stopped within it, the section says until when. Without that
// "there were none" would be said of what nobody has reported.
func (c *composer) told(kind string, s *document.Section) bool {
	if c.House.Catalogue.CountedEvents(kind) { // no reader counts them one by one
		s.Sentences = append(s.Sentences, c.sentence("events.hidden", nil))
		return false
	}
	until := auyl.Day(0)
	for _, f := range c.feeds {
		if k := c.House.Contracts[f.Source]; k != nil && k.Event != nil && k.Event.Kind == kind {
			until = max(until, f.Until)
			c.sources[f.Source] = true
		}
	}
	if until < c.Period.Start() {
		return false
	}
	if until < c.Period.LastDay()-daysWithoutEvents {
		s.Sentences = append(s.Sentences, c.sentence("events.until", map[string]words.Arg{"day": c.w.Period(auyl.NewPeriod(auyl.FreqDay, until))}))
	}
	return true
}

// daysWithoutEvents at the end of a period are no sign that a register of the
// oblast has stopped: the rarest of them, proposals, come every few days.
const daysWithoutEvents = 7

// sayLate says how many calls of the period came late, and how many had no address.
func (c *composer) sayLate(s *document.Section) {
	if !c.told("ambulance_call", s) {
		return
	}
	e := c.sum("ambulance_call", c.area.Code)
	if e.Events == 0 {
		s.Sentences = append(s.Sentences, c.sentence("ambulance.none", nil))
		return
	}
	lost := e.Events - min(e.Events, e.Counts["address_resolved"])
	s.Sentences = append(s.Sentences, c.sentence("ambulance.calls", map[string]words.Arg{
		"calls": c.count("ambulance_call", e.Events, e.Origin), "timed": c.count("ambulance_call", e.Timed, e.Origin), "late": c.count("ambulance_call", e.Late, e.Origin), "lost": c.count("ambulance_call", lost, e.Origin),
	}))
}

// calls tells of the ambulance by its calls, where the period has no cells: a week.
func (c *composer) calls(x *schemas.SummarySection, s *document.Section) {
	c.sayLate(s)
	if c.sum("ambulance_call", c.area.Code).Events == 0 {
		return
	}
	t := document.Table{Title: s.Title, Theme: "ambulance", Heads: []document.Head{
		{Text: c.text("head.area", nil)},
		{Text: c.text("head.calls", nil), Number: true},
		{Text: c.text("head.timed", nil), Number: true},
		{Text: c.text("head.late_calls", nil), Number: true},
	}}
	parts := c.byPart(x, "ambulance_call", func(e Events) int { return int(e.Late) })
	for _, e := range parts {
		row := []document.Cell{{Text: c.fullName(e.Okrug)}}
		for _, n := range []uint64{e.Events, e.Timed, e.Late} {
			row = append(row, c.countCell("ambulance_call", e.Okrug, float64(n), e.Origin))
		}
		t.Rows = append(t.Rows, row)
	}
	if len(t.Rows) > 0 {
		s.Tables = append(s.Tables, t)
	}
}

// credits tells the way of the applications of the period.
func (c *composer) credits(x *schemas.SummarySection, s *document.Section) error {
	if !c.told("credit_application", s) {
		c.levels(x, s)
		return nil
	}
	e := c.sum("credit_application", c.area.Code)
	if e.Events == 0 {
		s.Empty = c.text("credits.none", nil)
	} else {
		args := map[string]words.Arg{
			"applied": c.count("credit_application", e.Events, e.Origin), "approved": c.count("credit_application", e.Counts["approved"], e.Origin), "refused": c.count("credit_application", e.Counts["refused"], e.Origin),
			"collateral": c.count("credit_application", e.Counts["collateral"], e.Origin), "issued": c.count("credit_application", e.Counts["amount_issued"], e.Origin),
			"open": c.count("credit_application", e.Events-min(e.Events, e.Counts["approved"]+e.Counts["refused"]), e.Origin),
		}
		s.Sentences = append(s.Sentences, c.sentence("credits.way", args))
		if amount := e.Sums["amount_issued"]; amount > 0 {
			u, err := c.w.Unit("thousand KZT")
			if err != nil {
				return err
			}
			u.Decimals = 0
			sum := u.Value(amount / 1000)
			sum.Ref = c.explain("credit_application", c.area, e.Origin)
			s.Sentences = append(s.Sentences, c.sentence("credits.amount", map[string]words.Arg{"amount": sum}))
		}
		if e.Counts["refused"] > 0 {
			s.Sentences = append(s.Sentences, c.sentence("credits.refused", args))
		}
	}
	c.levels(x, s)
	return nil
}

// levels says where each indicator of a section stands.
func (c *composer) levels(x *schemas.SummarySection, s *document.Section) {
	c.lastWhy = ""
	for _, ind := range x.Of(c.House.Catalogue) {
		if now, ok := c.at(ind, c.area.Code, c.Period); ok {
			s.Sentences = append(s.Sentences, c.sayLevel(ind, now, x))
		}
	}
	c.lastWhy = ""
}

// byPart makes a row for each part of the area that has something to tell, the most pressing first.
func (c *composer) byPart(x *schemas.SummarySection, name string, pressing func(Events) int) []Events {
	level := x.Level
	if level == 0 {
		level = c.Def.Level
	}
	var out []Events
	for _, code := range c.partsOf(level) {
		if e := c.sum(name, code); pressing(e) > 0 {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b Events) int {
		return cmp.Or(cmp.Compare(pressing(b), pressing(a)), cmp.Compare(a.Okrug, b.Okrug))
	})
	if x.Limit > 0 && len(out) > x.Limit {
		out = out[:x.Limit]
	}
	return out
}

// partsOf are the areas of a level in the area, itself where it is of that level.
func (c *composer) partsOf(level auyl.Level) []auyl.AreaCode {
	if level == c.Def.Level {
		return []auyl.AreaCode{c.area.Code}
	}
	var out []auyl.AreaCode
	for _, a := range c.areasOf(c.area.Code, level) {
		out = append(out, a.Code)
	}
	return out
}

func oldest(days []uint32) uint32 {
	if len(days) == 0 {
		return 0
	}
	return days[len(days)-1]
}

// proposals lists where proposals came from that nobody answered.
func (c *composer) proposals(x *schemas.SummarySection, s *document.Section) {
	if !c.told("proposal", s) {
		c.levels(x, s)
		return
	}
	all := c.sum("proposal/open", c.area.Code)
	if all.Open == 0 {
		s.Empty = c.text("proposals.none", nil)
	} else {
		s.Sentences = append(s.Sentences, c.sentence("proposals.open", map[string]words.Arg{
			"open": c.count("proposal/open", all.Open, all.Origin), "sent": c.count("proposal/open", all.Events, all.Origin), "days": c.count("proposal/open", uint64(oldest(all.OpenDays)), all.Origin),
		}))
		s.Tables = append(s.Tables, c.waiting("proposal/open", s.Title, c.byPart(x, "proposal/open", func(e Events) int { return int(oldest(e.OpenDays)) }),
			"head.open", func(e Events) uint64 { return e.Open }, true))
	}
	c.levels(x, s)
}

// appeals lists where appeals are overdue.
func (c *composer) appeals(x *schemas.SummarySection, s *document.Section) {
	if !c.told("appeal", s) {
		c.levels(x, s)
		return
	}
	all := c.sum("appeal/open", c.area.Code)
	if all.Overdue == 0 {
		s.Empty = c.text("appeals.none", nil)
	} else {
		s.Sentences = append(s.Sentences, c.sentence("appeals.overdue", map[string]words.Arg{
			"overdue": c.count("appeal/open", all.Overdue, all.Origin), "made": c.count("appeal/open", all.Events, all.Origin),
		}))
		s.Tables = append(s.Tables, c.waiting("appeal/open", s.Title, c.byPart(x, "appeal/open", func(e Events) int { return int(e.Overdue) }),
			"head.overdue", func(e Events) uint64 { return e.Overdue }, false))
	}
	c.levels(x, s)
}

// waiting is a table of parts with a count, and of what is open the days of the oldest and of the middle one.
func (c *composer) waiting(kind, title string, parts []Events, head string, of func(Events) uint64, days bool) document.Table {
	t := document.Table{Title: title, Heads: []document.Head{{Text: c.text("head.area", nil)}, {Text: c.text(head, nil), Number: true}}}
	if days {
		t.Heads = append(t.Heads, document.Head{Text: c.text("head.oldest", nil), Number: true}, document.Head{Text: c.text("head.median_days", nil), Number: true})
	}
	for _, e := range parts {
		whole := func(v float64) document.Cell { return c.countCell(kind, e.Okrug, v, e.Origin) }
		row := []document.Cell{{Text: c.fullName(e.Okrug)}, whole(float64(of(e)))}
		if days {
			row = append(row, whole(float64(oldest(e.OpenDays))), whole(float64(e.OpenDays[(len(e.OpenDays)-1)/2])))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// animals tells of stray animals: requests for catching, what was caught, bites.
func (c *composer) animals(x *schemas.SummarySection, s *document.Section) {
	if !c.told("capture_request", s) {
		c.levels(x, s)
		return
	}
	now, open, bites := c.sum("capture_request", c.area.Code), c.sum("capture_request/open", c.area.Code), c.sum("dog_bite", c.area.Code)
	before, bitesBefore := c.sum("capture_request/before", c.area.Code), c.sum("dog_bite/before", c.area.Code)
	if now.Events+open.Open+bites.Events == 0 {
		s.Empty = c.text("animals.none", nil)
		return
	}
	s.Sentences = append(s.Sentences, c.sentence("animals.requests", map[string]words.Arg{
		"made": c.count("capture_request", now.Events, now.Origin), "before": c.count("capture_request/before", before.Events, before.Origin), "open": c.count("capture_request/open", open.Open, open.Origin),
		"days": c.count("capture_request/open", uint64(oldest(open.OpenDays)), open.Origin),
	}), c.sentence("animals.bites", map[string]words.Arg{
		"bites": c.count("dog_bite", bites.Events, bites.Origin), "before": c.count("dog_bite/before", bitesBefore.Events, bitesBefore.Origin),
	}))
	if parts := c.byPart(x, "capture_request/open", func(e Events) int { return int(e.Open) }); len(parts) > 0 && x.Level != 0 {
		s.Tables = append(s.Tables, c.waiting("capture_request/open", s.Title, parts, "head.undone", func(e Events) uint64 { return e.Open }, true))
	}
	c.levels(x, s)
}
