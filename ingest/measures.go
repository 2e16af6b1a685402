package ingest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest/iin"
	"github.com/auyl-kz/auyl/schemas"
)

// measure is a measure of the contract over the columns of a page.
type measure struct {
	*schemas.Measure
	dims         []string      // names of Dims, sorted
	constantDims bool          // no field decides them: they are fixed
	fixed        auyl.Dims     // where constantDims
	constant     *auyl.Decimal // instead of a field

	column int // of the value
	bounds bounds
	when   []condition
	from   []int // columns of dims, -1 where they are constant
	marks  []int // columns of Status
	breaks []auyl.Period
	summed bool

	known map[string]knownDims // by the texts of their fields
	last  knownDims            // of the record before; of all where constantDims
	texts []string             // of the fields of last
}

// knownDims are dimensions that were read before.
type knownDims struct {
	figure uint32
	told   *told // in which the figure has its number
}

// maxKnownDims bounds what is remembered of one measure.
const maxKnownDims = 4096

// pending is an observation of the record in work.
type pending struct {
	figureValue
	figure uint32
	area   auyl.AreaCode
	period auyl.Period
	summed bool
}

func (m *mapper) planMeasures() {
	for i := range m.measures {
		x := &m.measures[i]
		x.column, x.bounds, x.when, x.summed = m.column(x.Value), m.bounds(x.Value), m.conditions(x.When), m.summed[x.Series]
		for _, name := range x.dims {
			from := -1
			if !strings.HasPrefix(x.Dims[name], "=") {
				from = m.column(x.Dims[name])
			}
			x.from = append(x.from, from)
		}
		for _, s := range x.Status {
			x.marks = append(x.marks, m.column(s.Field))
		}
		for _, b := range m.c.Breaks {
			if b.Series == x.Series {
				x.breaks = append(x.breaks, b.From)
			}
		}
		x.known, x.texts = map[string]knownDims{}, make([]string, len(x.from))
	}
}

func (m *mapper) bounds(field string) bounds {
	return boundsOf(m.c.Fields[field].Min, m.c.Fields[field].Max)
}

func (m *mapper) takeMeasures(out *output, row uint32, fields []string) (string, *fault) {
	period, err := m.period(fields)
	if err != nil {
		return "", err
	}
	area, skip, err := m.area(fields, m.periods.last)
	if err != nil || skip {
		return outside(skip), err
	}
	m.obs = m.obs[:0]
	for i := range m.measures {
		x := &m.measures[i]
		if !holds(x.when, fields) {
			continue
		}
		v, status, empty, err := m.value(x, fields)
		if err != nil {
			return "", err
		}
		if empty {
			continue // a field that is left blank says nothing
		}
		figure, err := m.known(out, x, fields)
		if err != nil {
			return "", err
		}
		if status == auyl.StatusNormal {
			status = m.status(x, period, fields)
		}
		m.obs = append(m.obs, pending{figureValue{v, status, row}, figure, area, x.dated(period), x.summed})
	}
	if len(m.obs) == 0 {
		return SkipEmpty, nil
	}
	released, err := m.released(out, fields)
	if err != nil {
		return "", err
	}
	if m.c.Restates {
		if key := (restatedKey{released, area, period}); m.restated[key] == 0 {
			m.restated[key] = row
		}
	}
	m.addUp(out, released)
	rule := ""
	if len(m.obs) > 0 { // otherwise all of the record went into sums
		rule, err = m.store(out, released)
	}
	if rule == "" && err == nil {
		m.part(fields)
	}
	return rule, err
}

// dated is the period of a measure in a record of a period.
func (x *measure) dated(p auyl.Period) auyl.Period {
	switch x.At {
	case "end":
		return auyl.NewPeriod(auyl.FreqDay, p.End())
	case "start":
		return auyl.NewPeriod(auyl.FreqDay, p.Start())
	}
	return p
}

// value reads the number of a measure in the unit of its series.
//
//nolint:revive // four results: a figure is more than a number
func (m *mapper) value(x *measure, fields []string) (v auyl.Decimal, status auyl.Status, empty bool, err *fault) {
	if x.constant != nil {
		return *x.constant, auyl.StatusNormal, false, nil
	}
	f := m.read(fields, x.column)
	switch f.kind {
	case figureBroken:
		broken := *f.fault
		broken.field = x.Value
		return 0, 0, false, &broken
	case figureNumber:
		if err := inRange(f.value, at(fields, x.column), x.bounds); err != nil {
			err.field = x.Value
			return 0, 0, false, err
		}
	case figureBlank, figureMark: // no number to be in range
	}
	v, status, empty = f.value, f.status, f.kind == figureBlank
	if x.Times == 0 || x.Times == 1 || v == 0 {
		return v, status, empty, nil
	}
	scaled, ok := scale(v, x.Times)
	if !ok {
		return 0, 0, false, &fault{x.Value, ReasonRange, m.get(fields, x.Value), "a number that keeps its digits in the unit of the series", "look at the unit of the column, and at times in the contract"}
	}
	return scaled, status, empty, nil
}

// scale multiplies a decimal by a factor, or divides it by the inverse where that
// is a whole number. Not ok where digits would be lost.
func scale(v auyl.Decimal, times float64) (auyl.Decimal, bool) {
	if whole := math.Round(times); times >= 1 {
		f := int64(whole)
		out := int64(v) * f
		return auyl.Decimal(out), whole == times && f > 0 && out/f == int64(v)
	}
	inverse := math.Round(1 / times)
	f := int64(inverse)
	return v / auyl.Decimal(f), math.Abs(times*inverse-1) < 1e-12 && v%auyl.Decimal(f) == 0
}

// addUp moves what is summed over the page from the record's observations into
// the sums of the page.
func (m *mapper) addUp(out *output, released int64) {
	if !m.sums {
		return
	}
	keep := m.obs[:0]
	at := out.told.time(released)
	for _, x := range m.obs {
		if !x.summed {
			keep = append(keep, x)
			continue
		}
		out.sum(x.key(at), x.figureValue)
	}
	m.obs = keep
}

// spoil notes that a record of an area and period was lost, so that what is added
// up there is known to be short. Where the record does not say which, nothing can
// be noted: its dead letter stands for it.
func (m *mapper) spoil(out *output, fields []string) {
	period, err := m.period(fields)
	if err != nil {
		return
	}
	if area, skip, err := m.area(fields, m.periods.last); err == nil && !skip {
		for i := range m.measures {
			out.spoiled[areaPeriod{area, m.measures[i].dated(period)}] = true
		}
	}
}

// released is when the source published the record, in milliseconds; the time of
// the page where it does not say. A date that names a month or a year means its
// last day.
func (m *mapper) released(out *output, fields []string) (int64, *fault) {
	f := m.c.Released.Field
	if f == "" {
		return out.vintage.GetReleasedAtMs(), nil
	}
	raw := at(fields, m.plan.released)
	if raw == "" {
		return out.vintage.GetReleasedAtMs(), nil
	}
	p, err := parsePeriod(raw)
	if err != nil {
		return 0, &fault{f, ReasonPeriod, raw, "the day of publication", "write it as 2024-12-30"}
	}
	return p.LastDay().Time().UnixMilli(), nil
}

func outside(skip bool) string {
	if skip {
		return SkipOutside
	}
	return ""
}

// store hands the record's observations on, unless they were there before.
func (m *mapper) store(out *output, released int64) (string, *fault) {
	at := out.told.time(released)
	if len(m.obs) == 1 { // one look is enough to say all three
		x := &m.obs[0]
		k := x.key(at)
		switch old := out.told.add(k, x.figureValue); {
		case old == nil:
			out.observation(k, x.figureValue, out.vintage)
			return "", nil
		case old.value != x.value || old.status != x.status:
			return "", m.otherwise(out.told, old)
		}
		return SkipDuplicate, nil
	}
	repeated := 0
	for i := range m.obs { // nothing is taken of a record that contradicts
		x := &m.obs[i]
		old := out.told.find(x.key(at))
		if old == nil {
			continue
		}
		if old.value != x.value || old.status != x.status {
			return "", m.otherwise(out.told, old)
		}
		repeated++
	}
	if repeated == len(m.obs) {
		return SkipDuplicate, nil
	}
	for i := range m.obs {
		k := m.obs[i].key(at)
		if out.told.add(k, m.obs[i].figureValue) == nil {
			out.observation(k, m.obs[i].figureValue, out.vintage)
		}
	}
	return "", nil
}

func (x *pending) key(released uint32) obsKey { return obsKey{x.figure, released, x.area, x.period} }

func (m *mapper) otherwise(t *told, old *toldFigure) *fault {
	return &fault{
		m.c.Area.Field, ReasonDuplicate, old.key.area.String(), "one record for each area and period",
		fmt.Sprintf("record %d says otherwise of %s in %s: keep the right one", old.row, t.names[old.key.figure].series, old.key.unpack().period),
	}
}

// fixedDims are the dimensions of a measure where no field decides them.
func fixedDims(dims map[string]string, names []string) (auyl.Dims, bool) {
	var parts []string
	for _, name := range names {
		v, constant := strings.CutPrefix(dims[name], "=")
		if !constant {
			return "", false
		}
		parts = append(parts, name+"="+v)
	}
	d, err := auyl.ParseDims(strings.Join(parts, ";"))
	return d, err == nil
}

// known returns the number of what a measure measures in a record.
func (m *mapper) known(out *output, x *measure, fields []string) (uint32, *fault) {
	same := x.last.told == out.told
	for i, column := range x.from {
		if v := at(fields, column); v != x.texts[i] {
			x.texts[i], same = v, false
		}
	}
	if same {
		return x.last.figure, nil
	}
	x.last.told = nil // until its dimensions are read
	if x.constantDims {
		x.last = knownDims{out.told.figure(x.Series, x.fixed), out.told}
		return x.last.figure, nil
	}
	m.text = appendTexts(m.text[:0], fields, x.from)
	k, ok := x.known[string(m.text)]
	if !ok || k.told != out.told {
		d, err := m.dims(x, fields)
		if err != nil {
			return 0, err
		}
		if len(x.known) >= maxKnownDims {
			clear(x.known)
		}
		k = knownDims{out.told.figure(x.Series, d), out.told}
		x.known[string(m.text)] = k
	}
	x.last = k
	return k.figure, nil
}

func (m *mapper) dims(x *measure, fields []string) (auyl.Dims, *fault) {
	var parts []string
	for _, name := range x.dims {
		from := x.Dims[name]
		v, constant := strings.CutPrefix(from, "=")
		if !constant {
			v = m.get(fields, from)
		}
		if v == x.Totals[name] && !constant {
			continue
		}
		if !constant && len(iin.Find(v)) > 0 {
			return "", personal(from)
		}
		parts = append(parts, name+"="+v)
	}
	d, err := auyl.ParseDims(strings.Join(parts, ";"))
	if err != nil {
		return "", &fault{x.Dims[x.dims[0]], ReasonWord, "", "a word without ; and =", "look at the source's dictionary"}
	}
	return d, nil
}

// personal is the fault of a field that is kept as text and holds the number of a
// person: the contract did not foresee it, so nothing of the record is taken.
func personal(field string) *fault {
	return &fault{field, ReasonPerson, "", "no number of a person", "drop the field in the contract (personal: drop), or ask the source to leave the number out"}
}

func (m *mapper) status(x *measure, p auyl.Period, fields []string) auyl.Status {
	for i, s := range x.Status {
		if strings.Contains(at(fields, x.marks[i]), s.Contains) {
			return s.Is
		}
	}
	if slices.Contains(x.breaks, p) {
		return auyl.StatusBreak
	}
	return auyl.StatusNormal
}
