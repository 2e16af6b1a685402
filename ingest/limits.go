package ingest

import (
	"fmt"
	"slices"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// limits holds the fields of a record against each other.
func (m *mapper) limits(fields []string) *fault {
	for i := range m.c.Limits {
		l := &m.c.Limits[i]
		if !m.meets(l.When, fields) {
			continue
		}
		v, ok, err := m.figure(fields, l.Field)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := inRange(v, m.get(fields, l.Field), schemas.Field{Min: l.Min, Max: l.Max}); err != nil {
			err.field = l.Field
			err.mend = "the limit holds for records of this kind: look at the figure, and at limits in the contract"
			return err
		}
		if l.AtMost == "" {
			continue
		}
		whole, ok, err := m.figure(fields, l.AtMost)
		if err != nil {
			return err
		}
		if ok && v > whole {
			return &fault{l.Field, ReasonRange, m.get(fields, l.Field), fmt.Sprintf("at most %s, which is %s", l.AtMost, whole), "a part is larger than the whole: look at both figures"}
		}
	}
	return nil
}

func (m *mapper) meets(when map[string][]string, fields []string) bool {
	for f, words := range when {
		if !slices.Contains(words, m.get(fields, f)) {
			return false
		}
	}
	return true
}

// figure reads a number; not ok where it is empty, hidden or missing.
func (m *mapper) figure(fields []string, name string) (auyl.Decimal, bool, *fault) {
	v, status, empty, err := m.num.parse(m.get(fields, name), m.c.Fields[name])
	if err != nil {
		err.field = name
		return 0, false, err
	}
	return v, !empty && !status.Empty(), nil
}
