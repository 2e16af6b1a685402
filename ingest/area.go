package ingest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
)

// area finds the record's area as it was on the day; skip says that the contract
// does not ask for it.
func (m *mapper) area(fields []string, day auyl.Day) (code auyl.AreaCode, skip bool, err *fault) {
	r := m.c.Area
	raw := at(fields, m.plan.area)
	bad := func(reason, expected, mend string) (auyl.AreaCode, bool, *fault) {
		return 0, false, &fault{r.Field, reason, raw, expected, mend}
	}
	if raw == "" && r.Fallback != 0 && r.By != "code_or_name" {
		return r.Fallback, false, nil
	}
	switch r.By {
	case "name":
		c, err := m.byName(fields, r.Field, day)
		if err != nil {
			return 0, false, err
		}
		code = c
	case "label":
		c, ok := r.Labels[raw]
		if !ok {
			return 0, true, nil // of a table of all regions only those that are named are ours
		}
		code = c
	case "taldau_term":
		c, ok := m.d.areas.Term(raw)
		if !ok {
			return bad(ReasonArea, "an id of Taldau's dictionary of regions", "add the id to schemas/areas/taldau_terms.csv if it is a new unit")
		}
		code = c
	default:
		if raw == "" && r.By == "code_or_name" {
			c, err := m.byName(fields, r.Name, day)
			if err != nil {
				return 0, false, err
			}
			code = c
			break
		}
		c, e := auyl.ParseAreaCode(raw)
		if e != nil {
			if len(raw) == 8 {
				return bad(ReasonArea, "nine digits of KATO", "a leading zero is lost: format the column as text")
			}
			if strings.Trim(raw, "0123456789") == "" {
				return bad(ReasonArea, "nine digits of KATO", fmt.Sprintf("this one has %d: write all nine, the zeros at the end too", len(raw)))
			}
			return bad(ReasonArea, "nine digits of KATO", "write the code of the classifier, not the name")
		}
		code = c
	}
	if r.Within != 0 && code.Oblast() != r.Within {
		return code, true, nil
	}
	a, ok := m.d.areas.At(code, day)
	if !ok {
		return m.notThen(code, day, bad)
	}
	if len(r.Levels) > 0 && !slices.Contains(r.Levels, a.Level) {
		return bad(ReasonAreaLevel, fmt.Sprintf("a level of %v", r.Levels), fmt.Sprintf("%s is of level %s", code, a.Level))
	}
	return code, false, nil
}

// notThen says what is wrong with a code that meant nothing on the day.
func (m *mapper) notThen(code auyl.AreaCode, day auyl.Day, bad func(reason, expected, mend string) (auyl.AreaCode, bool, *fault)) (auyl.AreaCode, bool, *fault) {
	meanings := m.d.areas.Meanings(code)
	if len(meanings) == 0 {
		mend := "look the code up in schemas/areas/areas.csv"
		if p, ok := m.d.areas.At(code.District(), day); ok {
			mend += "; its district would be " + p.NameRU
		}
		return bad(ReasonArea, "a code of the classifier", mend)
	}
	var mend strings.Builder
	mend.WriteString("the code meant something " + meanings[0].ValidFrom.String() + "–" + meanings[0].ValidTo.String())
	for _, s := range m.d.areas.Successors(code) {
		fmt.Fprintf(&mend, "; since %s see %s", s.Effective, s.To)
	}
	return bad(ReasonAreaClosed, "a code in force on "+day.String(), mend.String())
}

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
	if code, ok := m.named[key]; ok {
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
