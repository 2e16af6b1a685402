package ingest

import (
	"fmt"
	"maps"
	"slices"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// related checks what fields of a record say of each other: parts of their whole,
// ends of their begins, and ranges that hold for some records only.
func (m *mapper) related(fields []string) *fault {
	for _, name := range m.declared {
		f := m.c.Fields[name]
		if f.AtMost == "" {
			continue
		}
		var over bool
		if f.Type == "instant" {
			a, ok1, err1 := m.instant(fields, name)
			b, ok2, err2 := m.instant(fields, f.AtMost)
			over = err1 == nil && err2 == nil && ok1 && ok2 && a.After(b)
		} else {
			a, ok1 := m.number(fields, name)
			b, ok2 := m.number(fields, f.AtMost)
			over = ok1 && ok2 && a > b
		}
		if over {
			return &fault{name, ReasonRange, m.get(fields, name), "no more than " + f.AtMost, "hold " + name + " against " + f.AtMost + ": one of the two is wrong, or they are in other units or time zones"}
		}
	}
	for i := range m.c.Limits {
		l := &m.c.Limits[i]
		if !m.holds(l.When, fields) {
			continue
		}
		if v, ok := m.number(fields, l.Field); ok {
			if err := inRange(v, m.get(fields, l.Field), schemas.Field{Min: l.Min, Max: l.Max}); err != nil {
				err.field = l.Field
				err.expected += fmt.Sprintf(" where %s", spell(l.When))
				return err
			}
		}
	}
	return nil
}

// number reads a field where it holds one; faults are told where it is used.
func (m *mapper) number(fields []string, name string) (auyl.Decimal, bool) {
	v, status, empty, err := m.num.parse(m.get(fields, name), noLimits)
	return v, err == nil && !empty && !status.Empty()
}

// holds says whether fields have one of the values that are asked for.
func (m *mapper) holds(when map[string][]string, fields []string) bool {
	for f, values := range when {
		if !slices.Contains(values, m.get(fields, f)) {
			return false
		}
	}
	return true
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

// noLimits is a field of which every number is taken.
var noLimits = schemas.Field{} //nolint:gochecknoglobals // the zero value, named
