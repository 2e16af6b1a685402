package ingest

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/auyl-kz/auyl"
)

// related checks what fields of a record say of each other: parts of their whole,
// ends of their begins, and ranges that hold for some records only.
func (m *mapper) related(fields []string) *fault {
	for i := range m.plan.related {
		f := &m.plan.related[i]
		name := f.name
		if f.Type == "coordinate" {
			if err := m.coordinate(fields, name, boundsOf(f.Min, f.Max)); err != nil {
				return err
			}
		}
		if f.AtMost == "" {
			continue
		}
		var over bool
		if f.Type == "instant" {
			a, ok1, err1 := m.instant(fields, name)
			b, ok2, err2 := m.instant(fields, f.AtMost)
			over = err1 == nil && err2 == nil && ok1 && ok2 && a.After(b)
		} else {
			a, ok1 := m.number(fields, f.column)
			b, ok2 := m.number(fields, f.most)
			over = ok1 && ok2 && a > b
		}
		if over {
			return &fault{name, ReasonRange, m.get(fields, name), "no more than " + f.AtMost, "hold " + name + " against " + f.AtMost + ": one of the two is wrong, or they are in other units or time zones"}
		}
	}
	for i := range m.plan.limits {
		l := &m.plan.limits[i]
		if !holds(l.when, fields) {
			continue
		}
		if v, ok := m.number(fields, l.column); ok {
			if err := inRange(v, at(fields, l.column), l.bounds); err != nil {
				err.field = l.Field
				err.expected += fmt.Sprintf(" where %s", spell(l.When))
				return err
			}
		}
	}
	return nil
}

// coordinate checks a latitude or longitude, written in decimal degrees or in
// degrees, minutes and seconds.
func (m *mapper) coordinate(fields []string, name string, b bounds) *fault {
	raw := m.get(fields, name)
	if raw == "" {
		return nil
	}
	d, ok := degrees(raw)
	if !ok {
		return &fault{name, ReasonNumber, raw, "degrees, as 43.2405 or 42°58'10\"", "write decimal degrees"}
	}
	if err := inRange(d, raw, b); err != nil {
		err.field, err.mend = name, "outside of the box of the contract: are latitude and longitude swapped?"
		return err
	}
	return nil
}

var sexagesimal = regexp.MustCompile(`^(\d{1,3})[°º] ?(\d{1,2})['′’] ?(?:(\d{1,2}(?:[.,]\d+)?)(?:"|″|''))?$`)

func degrees(raw string) (auyl.Decimal, bool) {
	if g := sexagesimal.FindStringSubmatch(raw); g != nil {
		var parts [3]float64
		for i, text := range g[1:] {
			v, err := strconv.ParseFloat(cmp.Or(strings.Replace(text, ",", ".", 1), "0"), 64)
			if err != nil || i > 0 && v >= 60 {
				return 0, false
			}
			parts[i] = v
		}
		d, err := auyl.DecimalOf(parts[0] + parts[1]/60 + parts[2]/3600)
		return d, err == nil
	}
	v, err := strconv.ParseFloat(strings.Replace(raw, ",", ".", 1), 64)
	if err != nil {
		return 0, false
	}
	d, err := auyl.DecimalOf(v)
	return d, err == nil
}

// number reads a field where it holds one; faults are told where it is used.
func (m *mapper) number(fields []string, column int) (auyl.Decimal, bool) {
	f := m.read(fields, column)
	return f.value, f.kind == figureNumber || f.kind == figureMark && !f.status.Empty()
}

func spell(when map[string][]string) string {
	var out string
	for _, f := range slices.Sorted(maps.Keys(when)) {
		if out != "" {
			out += " and "
		}
		out += fmt.Sprintf("%s is %v", f, when[f])
	}
	return out
}
