package ingest

import (
	"maps"
	"math"
	"slices"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// plan is what a contract asks of each record, with columns in place of names, so
// that no name is looked up while records are read.
type plan struct {
	skips    []skipCheck
	words    []wordCheck
	related  []relatedCheck
	limits   []limitCheck
	declared []int
	unique   []int

	area, period, part, released int
}

// condition asks that a column has one of some values.
type condition struct {
	column int
	values []string
}

type skipCheck struct {
	*schemas.SkipRule
	column int
}

type wordCheck struct {
	name   string
	column int
	schemas.Field
}

type relatedCheck struct {
	name         string
	column, most int
	schemas.Field
}

type limitCheck struct {
	*schemas.Limit
	column int
	when   []condition
	bounds bounds
}

// column returns where a field stands on the page, -1 where it does not.
func (m *mapper) column(name string) int {
	if i, ok := m.index[name]; ok {
		return i
	}
	return -1
}

func (m *mapper) columns(names []string) []int {
	out := make([]int, len(names))
	for i, n := range names {
		out[i] = m.column(n)
	}
	return out
}

// at returns a field without outer blanks; "" where the page has no such column.
func at(fields []string, column int) string {
	if column < 0 {
		return ""
	}
	return trimBlanks(fields[column])
}

func (m *mapper) conditions(when map[string][]string) []condition {
	out := make([]condition, 0, len(when))
	for _, f := range slices.Sorted(maps.Keys(when)) {
		out = append(out, condition{m.column(f), when[f]})
	}
	return out
}

// holds says whether columns have one of the values that are asked for.
func holds(when []condition, fields []string) bool {
	for i := range when {
		if !slices.Contains(when[i].values, at(fields, when[i].column)) {
			return false
		}
	}
	return true
}

func (m *mapper) makePlan() {
	c, p := m.c, &m.plan
	for i := range c.Skip {
		p.skips = append(p.skips, skipCheck{&c.Skip[i], m.column(c.Skip[i].Field)})
	}
	for _, name := range m.declared { // in order: of several faults always the same is told
		f := c.Fields[name]
		if f.Required || len(f.OneOf) > 0 {
			p.words = append(p.words, wordCheck{name, m.column(name), f})
		}
		if f.Type == "coordinate" || f.AtMost != "" {
			p.related = append(p.related, relatedCheck{name, m.column(name), m.column(f.AtMost), f})
		}
	}
	for i := range c.Limits {
		l := &c.Limits[i]
		p.limits = append(p.limits, limitCheck{l, m.column(l.Field), m.conditions(l.When), boundsOf(l.Min, l.Max)})
	}
	p.declared, p.unique = m.columns(m.declared), m.columns(c.Unique)
	p.area, p.period, p.part, p.released = m.column(c.Area.Field), m.column(c.Period.Field), m.column(c.Period.Part), m.column(c.Released.Field)
	m.figures = make([]figure, m.width)
}

// bounds of a number.
type bounds struct{ low, high float64 }

func boundsOf(low, high *float64) bounds {
	b := bounds{math.Inf(-1), math.Inf(1)}
	if low != nil {
		b.low = *low
	}
	if high != nil {
		b.high = *high
	}
	return b
}

// figure is a column of the record in work, read as a number. Parts are held
// against their whole and one field can give several measures, so each is read once.
type figure struct {
	record uint64 // for which it was read
	value  auyl.Decimal
	status auyl.Status
	kind   figureKind
	fault  *fault
}

type figureKind byte

const (
	figureBlank  figureKind = iota // nothing stands there
	figureMark                     // what stands for a number
	figureNumber                   // a number, which has bounds to keep
	figureBroken
)

// read returns a column as a number, without looking at bounds.
func (m *mapper) read(fields []string, column int) *figure {
	if column < 0 {
		return &m.blank
	}
	f := &m.figures[column]
	if f.record != m.records {
		f.record = m.records
		f.value, f.status, f.kind, f.fault = m.num.read(trimBlanks(fields[column]))
	}
	return f
}
