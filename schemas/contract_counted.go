package schemas

import "github.com/auyl-kz/auyl"

// checkCounted refuses to quote what persons of a sensitive indicator are counted
// from: readers read dead letters, and a quoted figure stands beside its area.
func (c *Contract) checkCounted(bad func([]any, string, ...any), cat *Catalogue) {
	told := map[string]bool{}
	refuse := func(name, why string) {
		if c.Fields[name].Harmless && !told[name] {
			told[name] = true
			bad([]any{"fields", name}, "field %q %s and would be quoted in dead letters, which readers see: take harmless away", name, why)
		}
	}
	feeds := func(id auyl.SeriesID) string {
		return "feeds series " + string(id) + ", which counts persons in a sensitive indicator,"
	}
	for i := range c.Measures {
		if m := &c.Measures[i]; cat.Counted(m.Series) {
			refuse(m.Value, feeds(m.Series)) // a constant is no field
		}
	}
	e := c.Event
	if e == nil || !cat.CountedEvents(e.Kind) {
		return
	}
	why := "tells of events of kind " + e.Kind + ", from which persons in a sensitive indicator are counted,"
	names := []string{e.ID, e.OccurredAt, e.ElseAt, e.ReportedAt}
	for i := range e.Attributes {
		names = append(names, e.Attributes[i].Field, e.Attributes[i].From, e.Attributes[i].To)
	}
	if e.Withdrawn != nil {
		names = append(names, e.Withdrawn.Field)
	}
	for _, name := range names {
		refuse(name, why)
	}
}
