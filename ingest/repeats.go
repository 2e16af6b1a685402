package ingest

import (
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
)

// repeated reports whether an event is a repetition: another event of the page
// that says the same in the fields of the rule happened at most so many days
// before or after it. A page is all that is looked at, so that what is made of it
// depends on the page alone; a repetition on a later page counts.
func (m *mapper) repeated(x *auyl.Event, fields []string) bool {
	r := m.c.Event.Repeats
	if r == nil {
		return false
	}
	var key strings.Builder
	for _, f := range r.Same {
		key.WriteString(m.get(fields, f))
		key.WriteByte(0)
	}
	for _, at := range m.held[key.String()] {
		if d := x.OccurredAt.Sub(at).Abs(); d <= time.Duration(r.Days)*24*time.Hour {
			return true
		}
	}
	m.held[key.String()] = append(m.held[key.String()], x.OccurredAt)
	return false
}
