package ingest

import (
	"fmt"
	"strings"

	"github.com/auyl-kz/auyl"
)

type nameKey struct {
	parent auyl.AreaCode
	name   string
	day    auyl.Day
}

// byName finds an area by its name below the area that the contract says. Two of
// one name are none: which one is meant only the source can say.
func (m *mapper) byName(fields []string, field string, day auyl.Day) (auyl.AreaCode, *fault) {
	r := m.c.Area
	name := m.get(fields, field)
	text, constant := strings.CutPrefix(r.Parent, "=")
	if !constant {
		text = m.get(fields, r.Parent)
	}
	parent, err := auyl.ParseAreaCode(text)
	if err != nil {
		return 0, &fault{r.Parent, ReasonArea, text, "the code of the area above, nine digits of KATO", "without it a name says nothing: names repeat between districts"}
	}
	key := nameKey{parent, name, day}
	code, ok := m.named[key]
	if ok && code != 0 {
		return code, nil
	}
	found := m.d.areas.Named(parent, name, day, r.Levels...)
	if len(found) == 1 {
		m.named[key] = found[0].Code
		return found[0].Code, nil
	}
	mend := "write the code of the classifier"
	if len(found) > 1 {
		codes := make([]string, len(found))
		for i, a := range found {
			codes[i] = a.Code.String()
		}
		mend = "there are several of that name: " + strings.Join(codes, ", ") + "; give the code, or the district"
	}
	return 0, &fault{field, ReasonArea, name, fmt.Sprintf("the name of one area below %s", parent), mend}
}
