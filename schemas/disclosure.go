package schemas

import (
	"fmt"
	"math"
	"slices"

	"github.com/auyl-kz/auyl"
)

// Counts returns whether numerator and denominator of an indicator count persons
// of whom too few may be behind a cell.
func (i *Indicator) Counts() (numerator, denominator bool) {
	if !i.Sensitive {
		return false, false
	}
	if i.Disclosure == nil {
		return true, false
	}
	switch i.Disclosure.Count {
	case "none":
		return false, false
	case "denominator":
		return false, true
	case "both":
		return true, true
	}
	return true, false
}

// checkDisclosure holds a sensitive indicator to what can be protected.
func (c *Catalogue) checkDisclosure(ind *Indicator, bad func(key, format string, args ...any)) {
	d := ind.Disclosure
	num, den := ind.Counts()
	switch {
	case d != nil && !ind.Sensitive:
		bad("disclosure", "only of a sensitive indicator cells are suppressed: want sensitive: true")
		return
	case den && ind.Denominator == "":
		bad("disclosure", "counts the denominator, and there is none")
	case (num || den) && !slices.Contains([]string{"sum", "ratio", "last"}, ind.Rollup):
		bad("rollup", "%s cannot be protected against disclosure: want sum, ratio or last, or disclosure: {count: none}", ind.Rollup)
	case (num || den) && (d == nil || d.Minimum == 0) && c.Parameter("disclosure_k") == nil:
		bad("sensitive", "want disclosure: {minimum: 5} or a parameter disclosure_k in parameters.yaml")
	}
	if d == nil {
		return
	}
	if words := []string{"", "numerator", "denominator", "both", "none"}; !slices.Contains(words, d.Count) {
		bad("disclosure", "count: unknown word %q%s", d.Count, didYouMean(d.Count, words[1:]))
	}
	if d.Minimum < 0 || d.Minimum != math.Trunc(d.Minimum) {
		bad("disclosure", "minimum %v: want a whole number of persons", d.Minimum)
	} else if _, err := auyl.DecimalOf(d.Minimum); err != nil {
		bad("disclosure", "minimum: %v", err)
	}
}

// checkLinked refuses two indicators that use a series of persons and hide
// different cells of it: what one hides the other shows. Those that count the
// same by the same formulas hide the same.
func (c *Catalogue) checkLinked() (ps Problems) {
	type use struct {
		id  auyl.IndicatorID
		how string
	}
	how := func(i *Indicator) string {
		num, den := i.Counts()
		if !num {
			return fmt.Sprint(i.Freq, i.Level, den, i.Denominator, i.DenominatorDims)
		}
		return fmt.Sprint(i.Freq, i.Level, den, i.Numerator, i.NumeratorDims, i.Denominator, i.DenominatorDims)
	}
	counted := map[auyl.SeriesID]use{}
	for n := range c.Indicators {
		for _, s := range c.Indicators[n].counted {
			if counted[s].id == "" {
				counted[s] = use{c.Indicators[n].ID, how(&c.Indicators[n])}
			}
		}
	}
	for n := range c.Indicators {
		i := &c.Indicators[n]
		if i.Disclosure != nil && i.Disclosure.Count == "none" {
			continue // whoever wrote that has looked
		}
		for _, s := range i.Inputs {
			if u := counted[s]; u.id != "" && u.id != i.ID && u.how != how(i) {
				ps = append(ps, Problem{File: "indicators/" + i.Theme + ".yaml", Message: fmt.Sprintf(
					"indicator %s: series %s counts persons in the sensitive indicator %s and is not hidden here where it is there: "+
						"count the same by the same formula, or say disclosure: {count: none} once you have looked", i.ID, s, u.id)})
			}
		}
	}
	return ps
}

// Counted reports whether a series counts persons in a sensitive indicator: its
// figures are no more to be shown than small cells.
func (c *Catalogue) Counted(id auyl.SeriesID) bool {
	for i := range c.Indicators {
		if slices.Contains(c.Indicators[i].counted, id) {
			return true
		}
	}
	return false
}

// CountedEvents reports whether a series that counts persons in a sensitive
// indicator is counted from events of a kind.
func (c *Catalogue) CountedEvents(kind string) bool {
	return slices.ContainsFunc(c.Series, func(s Series) bool { return s.Event != nil && s.Event.Kind == kind && c.Counted(s.ID) })
}
