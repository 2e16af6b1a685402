package ingest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// mapper makes observations or an event of each record, under a contract. It is
// built once for a page, when the order of its columns is known.
type mapper struct {
	d     *Decoder
	c     *schemas.Contract
	index map[string]int // column of each declared field that is on the page
	width int            // columns of the page
	num   numbers
	plan  plan

	measures  []measure
	attrNames []string
	plain     []string // harmless fields, sorted
	declared  []string // fields that are not personal, sorted

	protected []protectedField
	totals    []totalState
	restated  map[restatedKey]uint32    // the row that first named it
	named     map[nameKey]auyl.AreaCode // what names of areas were found to mean

	sums   bool // some measure is added up over the page
	summed map[auyl.SeriesID]bool

	held map[string][]time.Time // when events happened, by what repetitions say alike

	records uint64 // that were begun
	figures []figure
	blank   figure // of a column that is not there
	periods periodMemory
	obs     []pending // of the record in work, reused
	text    []byte    // the same
}

func newMapper(d *Decoder, c *schemas.Contract, names []string) (*mapper, error) {
	m := &mapper{d: d, c: c, width: len(names), index: map[string]int{}, num: newNumbers(c.Number), summed: map[auyl.SeriesID]bool{}, restated: map[restatedKey]uint32{}, named: map[nameKey]auyl.AreaCode{}, held: map[string][]time.Time{}}
	at := map[string]int{}
	for i, n := range names {
		at[strings.TrimSpace(n)] = i
	}
	var missing []string
	for _, f := range slices.Sorted(maps.Keys(c.Fields)) {
		i, ok := at[f]
		switch {
		case ok:
			m.index[f] = i
		case c.Fields[f].Personal == "" || c.Fields[f].Required:
			missing = append(missing, f)
		}
		if c.Fields[f].Personal == "" {
			m.declared = append(m.declared, f)
		}
		if c.Fields[f].Harmless {
			m.plain = append(m.plain, f)
		}
	}
	if len(missing) > 0 {
		return nil, &missingColumnsError{missing, names}
	}
	for i := range c.Measures {
		x := &c.Measures[i]
		one := measure{Measure: x, dims: slices.Sorted(maps.Keys(x.Dims))}
		one.fixed, one.constantDims = fixedDims(x.Dims, one.dims)
		if text, ok := strings.CutPrefix(x.Value, "="); ok {
			v, err := auyl.ParseDecimal(text)
			if err != nil {
				return nil, fmt.Errorf("measure %d: %w", i, err) // the loader has refused it
			}
			one.constant = &v
		}
		if x.Sum {
			m.sums = true
			m.summed[x.Series] = true
		}
		m.measures = append(m.measures, one)
	}
	m.makePlan()
	m.planMeasures()
	m.protected, m.totals = m.protectedFields(), m.totalsOf(c)
	if c.Event != nil {
		for _, a := range c.Event.Attributes {
			m.attrNames = append(m.attrNames, a.Name)
		}
	}
	return m, nil
}

// fault is why a record is dead.
type fault struct{ field, reason, found, expected, mend string }

func (f *fault) Error() string { return f.reason + " " + f.field }

// record takes one record to its one end: used, skipped or dead.
func (m *mapper) record(out *output, row int, position string, fields []string) {
	out.flow.RecordsIn++
	m.records++
	m.protect(fields)
	if m.total(row, position, fields) {
		return // it is judged when all of its parts were seen
	}
	rule, err := m.take(out, uint32(row), fields)
	switch {
	case err != nil:
		if m.sums {
			m.spoil(out, fields)
		}
		l := &wire.DeadLetter{Row: uint32(row), Position: position, Field: err.field, Reason: err.reason, Expected: err.expected, Mend: err.mend, Record: m.quote(fields)}
		if m.c.Fields[err.field].Harmless {
			l.Found = mask(err.found)
		}
		out.dead(l)
		m.lost(fields)
	case rule != "":
		out.skip(rule)
	default:
		out.flow.RecordsUsed++
	}
}

// quote gives the harmless fields of a record.
func (m *mapper) quote(fields []string) []byte {
	var b strings.Builder
	for _, f := range m.plain {
		if i, ok := m.index[f]; ok && b.Len() < 400 {
			fmt.Fprintf(&b, "%s=%s; ", f, fields[i])
		}
	}
	return []byte(mask(strings.TrimSuffix(b.String(), "; ")))
}

func (m *mapper) get(fields []string, name string) string {
	return at(fields, m.column(name))
}

// trimBlanks cuts blanks off both ends. Nearly no field has any: where the bytes at
// the ends can be of no blank, nothing is searched for.
func trimBlanks(s string) string {
	n := len(s)
	if n == 0 {
		return s
	}
	if first, last := s[0], s[n-1]; first > ' ' && first != 0xc2 && first != 0xe2 && last > ' ' && last != 0xa0 && last != 0xaf {
		return s // U+00A0 is c2 a0, and U+202F e2 80 af
	}
	return strings.Trim(s, " \t\u00a0\u202f")
}

// take returns the rule by which the record is skipped, or why it is dead.
func (m *mapper) take(out *output, row uint32, fields []string) (rule string, err *fault) {
	for i := range m.plan.skips {
		s := &m.plan.skips[i]
		v := at(fields, s.column)
		if slices.Contains(s.In, v) || len(s.NotIn) > 0 && !slices.Contains(s.NotIn, v) {
			return s.Rule, nil
		}
	}
	if err := m.words(fields); err != nil {
		return "", err
	}
	if err := m.related(fields); err != nil {
		return "", err
	}
	if rule, err := m.unique(out, row, fields); rule != "" || err != nil {
		return rule, err
	}
	if m.c.Event != nil {
		return m.takeEvent(out, row, fields)
	}
	return m.takeMeasures(out, row, fields)
}
