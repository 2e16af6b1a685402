package ingest

import (
	"math"
	"strings"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// totalState follows one rule of totals through a page.
type totalState struct {
	rule    *schemas.Totals
	when    []condition
	of      []int               // columns of what is added up
	groups  []int               // columns of the group
	all     map[string]*partSum // by group
	current *partSum            // parts since the last total, or under the open one
	pending []pendingTotal
	// replayed says that only rows that were refused pass by.
	replayed bool
}

// partSum is what the parts of a total come to.
type partSum struct {
	values  []auyl.Decimal
	unknown bool // a part is dead, hidden or missing: nothing can be said
}

// pendingTotal is a row that waits for its parts.
type pendingTotal struct {
	row      int
	position string
	group    string
	quote    []byte
	texts    []string
	values   []auyl.Decimal
	unknown  bool
	parts    *partSum // nil: all of its group
}

func (m *mapper) totalsOf(c *schemas.Contract) []totalState {
	out := make([]totalState, len(c.Totals))
	for i := range c.Totals {
		n := len(c.Totals[i].Of)
		r := &c.Totals[i]
		out[i] = totalState{rule: r, when: m.conditions(r.When), of: m.columns(r.Of), groups: m.columns(r.Group), all: map[string]*partSum{}, current: &partSum{values: make([]auyl.Decimal, n)}}
	}
	return out
}

// inherit takes what the parts of totals came to when a page was read for the
// first time, of which the totals that were refused are read now. Which rows stand
// before and after a total cannot be told any more: those stay refused.
func (m *mapper) inherit(first *mapper) {
	if first == nil {
		return
	}
	for i := range m.totals {
		m.totals[i].all, m.totals[i].replayed = first.totals[i].all, true
	}
}

// total says whether a record is a total, and keeps it until its parts are known.
func (m *mapper) total(row int, position string, fields []string) bool {
	for i := range m.totals {
		s := &m.totals[i]
		if !holds(s.when, fields) {
			continue
		}
		t := pendingTotal{row: row, position: position, group: string(appendTexts(nil, fields, s.groups)), quote: m.quote(fields)}
		for _, f := range s.of {
			v, ok := m.number(fields, f)
			t.values = append(t.values, v)
			t.texts = append(t.texts, at(fields, f))
			t.unknown = t.unknown || !ok
		}
		switch s.rule.Parts {
		case "before":
			t.parts, s.current = s.current, &partSum{values: make([]auyl.Decimal, len(s.rule.Of))}
		case "after":
			s.current = &partSum{values: make([]auyl.Decimal, len(s.rule.Of))}
			t.parts = s.current
		}
		s.pending = append(s.pending, t)
		return true
	}
	return false
}

// part adds a record that is used to the totals above it.
func (m *mapper) part(fields []string) {
	m.eachPart(fields, func(s *totalState, p *partSum) {
		for k, f := range s.of {
			v, ok := m.number(fields, f)
			sum, err := p.values[k].Add(v)
			p.values[k] = sum
			p.unknown = p.unknown || !ok && at(fields, f) != "" || err != nil
		}
	})
}

// lost notes that a part of a total is dead.
func (m *mapper) lost(fields []string) {
	m.eachPart(fields, func(_ *totalState, p *partSum) { p.unknown = true })
}

func (m *mapper) eachPart(fields []string, f func(*totalState, *partSum)) {
	for i := range m.totals {
		s := &m.totals[i]
		if s.rule.Parts == "after" || s.rule.Parts == "before" {
			f(s, s.current)
			continue
		}
		m.text = appendTexts(m.text[:0], fields, s.groups)
		sum := s.all[string(m.text)]
		if sum == nil {
			sum = &partSum{values: make([]auyl.Decimal, len(s.rule.Of))}
			s.all[string(m.text)] = sum
		}
		f(s, sum)
	}
}

// closePage judges what could not be judged before the last record: totals, and
// what is not told any more.
func (m *mapper) closePage(out *output) {
	for i := range m.totals {
		s := &m.totals[i]
		for j := range s.pending {
			m.judge(out, s, &s.pending[j])
		}
	}
	m.withdraw(out)
}

func (m *mapper) judge(out *output, s *totalState, t *pendingTotal) {
	parts := t.parts
	if parts == nil {
		parts = s.all[t.group]
	}
	ordered := s.replayed && t.parts != nil
	if !ordered && (parts == nil || parts.unknown || t.unknown) {
		out.skip(SkipTotal) // nothing to hold it against
		return
	}
	for k, f := range s.rule.Of {
		if diff := math.Abs(t.values[k].Float64() - parts.values[k].Float64()); ordered || diff > s.rule.Tolerance+1e-9 {
			l := &wire.DeadLetter{
				Row: uint32(t.row), Position: t.position, Field: f, Reason: ReasonTotal, Record: t.quote,
				Expected: "the sum of its parts",
				Mend:     "the parts were taken as they stand: ask the source which of them is wrong or missing",
			}
			if m.c.Fields[f].Harmless {
				l.Found = mask(t.texts[k])
				l.Expected += ", " + parts.values[k].String()
			}
			out.dead(l)
			return
		}
	}
	out.skip(SkipTotal)
}

// restatedKey is an area and period that a page tells all of.
type restatedKey struct {
	releasedMs int64
	area       auyl.AreaCode
	period     auyl.Period
}

// withdraw says of measures that a restating page does not tell any more that
// there is no figure: a plan in a new wording holds what it holds and no more.
// Only measures whose dimensions the contract fixes can be missed.
func (m *mapper) withdraw(out *output) {
	for i := range m.measures {
		x := &m.measures[i]
		if !x.constantDims {
			continue
		}
		for k, row := range m.restated {
			p := x.dated(k.period)
			key := obsKey{out.told.figure(x.Series, x.fixed), out.told.time(k.releasedMs), k.area, p}
			if _, summed := out.sums[key]; !summed && out.told.add(key, figureValue{status: auyl.StatusMissing, row: row}) == nil {
				out.withdrawn = append(out.withdrawn, keyed{key, figureValue{status: auyl.StatusMissing, row: row}})
			}
		}
	}
}

// reported counts the areas of which a page tells something, and how many it
// must tell of; 0 and 0 where the contract does not say.
func (m *mapper) reported(out *output, page string) (got, want int) {
	e := m.c.Expect
	if e == nil || e.Minimum == 0 || e.Partial != "" && strings.Contains(page, e.Partial) {
		return 0, 0
	}
	areas := map[auyl.AreaCode]bool{}
	last := auyl.Day(0)
	var before packedKey
	tell := func(k packedKey) {
		areas[k.area] = true
		if k.start != before.start || k.released != before.released { // the calendar costs more than all else here
			before = k
			last = max(last, k.unpack().period.LastDay())
		}
	}
	for _, b := range out.told.blocks {
		for i := range b {
			tell(b[i].key)
		}
	}
	for k := range out.sums {
		tell(pack(k))
	}
	all := 0
	for a := range m.d.areas.Below(m.c.Area.Within, last) {
		if a.Level == e.Level {
			all++
			if areas[a.Code] {
				got++
			}
		}
	}
	return got, int(math.Ceil(e.Minimum * float64(all)))
}
