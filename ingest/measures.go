package ingest

import (
	"fmt"
	"math"
	"strings"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest/iin"
)

func (m *mapper) takeMeasures(out *output, row uint32, fields []string) (string, *fault) {
	period, err := m.period(fields)
	if err != nil {
		return "", err
	}
	area, skip, err := m.area(fields, period.LastDay())
	if err != nil || skip {
		return outside(skip), err
	}
	m.obs = m.obs[:0]
	for i := range m.measures {
		x := &m.measures[i]
		if !m.holds(x.When, fields) {
			continue
		}
		v, status, empty, err := m.value(x, fields)
		if err != nil {
			return "", err
		}
		if empty {
			continue // a field that is left blank says nothing
		}
		dims, err := m.dims(x, fields)
		if err != nil {
			return "", err
		}
		if status == auyl.StatusNormal {
			status = m.status(x, period, fields)
		}
		m.obs = append(m.obs, auyl.Observation{Series: x.Series, Dims: dims, Area: area, Period: x.dated(period), Value: v, Status: status, Row: row})
	}
	if len(m.obs) == 0 {
		return SkipEmpty, nil
	}
	released, err := m.released(out, fields)
	if err != nil {
		return "", err
	}
	if key := (restatedKey{released, area, period}); m.c.Restates && m.restated[key] == 0 {
		m.restated[key] = row
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
	v, status, empty, err = m.num.parse(m.get(fields, x.Value), m.c.Fields[x.Value])
	if err != nil {
		err.field = x.Value
		return 0, 0, false, err
	}
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
	for _, x := range m.obs {
		if !m.summed[x.Series] {
			keep = append(keep, x)
			continue
		}
		out.sum(obsKey{released, x.Series, x.Dims, x.Area, x.Period}, x)
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
	if area, skip, err := m.area(fields, period.LastDay()); err == nil && !skip {
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
	raw := m.get(fields, f)
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
	repeated := 0
	for _, x := range m.obs {
		old, ok := out.seenObs[obsKey{released, x.Series, x.Dims, x.Area, x.Period}]
		if !ok {
			continue
		}
		if old.Value != x.Value || old.Status != x.Status {
			return "", &fault{
				m.c.Area.Field, ReasonDuplicate, x.Area.String(), "one record for each area and period",
				fmt.Sprintf("record %d says otherwise of %s in %s: keep the right one", old.Row, x.Series, x.Period),
			}
		}
		repeated++
	}
	if repeated == len(m.obs) {
		return SkipDuplicate, nil
	}
	for _, x := range m.obs {
		k := obsKey{released, x.Series, x.Dims, x.Area, x.Period}
		if _, ok := out.seenObs[k]; !ok {
			out.seenObs[k] = x
			out.observation(x, out.vintage, released)
		}
	}
	return "", nil
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

func (m *mapper) dims(x *measure, fields []string) (auyl.Dims, *fault) {
	if x.constantDims {
		return x.fixed, nil
	}
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
	for _, s := range x.Status {
		if strings.Contains(m.get(fields, s.Field), s.Contains) {
			return s.Is
		}
	}
	for _, b := range m.c.Breaks {
		if b.Series == x.Series && b.From == p {
			return auyl.StatusBreak
		}
	}
	return auyl.StatusNormal
}
