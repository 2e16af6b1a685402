package schemas

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/auyl-kz/auyl"
)

// check holds a contract to the rules.
func (c *Contract) check(file string, doc *document, cat *Catalogue) Problems {
	var ps Problems
	bad := func(at []any, format string, args ...any) { ps = append(ps, doc.problem(at, format, args...)) }
	if want := strings.TrimSuffix(path.Base(file), ".yaml"); string(c.ID) != want {
		bad([]any{"id"}, "id %q stands in a file called %s", c.ID, want)
	}
	if c.Version == 0 {
		bad([]any{"version"}, "versions count from 1")
	}
	word := func(at []any, got string, want ...string) {
		if !slices.Contains(want, got) {
			bad(at, "unknown word %q%s", got, didYouMean(got, want))
		}
	}
	word([]any{"format"}, c.Format, "csv", "xlsx", "json", "taldau", "egov")
	word([]any{"layout", "encoding"}, c.Layout.Encoding, "", "auto", "utf-8", "windows-1251", "kz-1048")
	word([]any{"area", "by"}, c.Area.By, "code", "taldau_term", "label", "name", "code_or_name")
	word([]any{"number", "decimal"}, c.Number.Decimal, "", ".", ",")
	for i, m := range c.Measures {
		word([]any{"measures", i, "at"}, m.At, "", "start", "end")
	}
	word([]any{"raw"}, c.Raw, "", RawKeep, RawSealed, RawDrop)
	if c.Raw == RawKeep && c.Personal() {
		bad([]any{"raw"}, "pages with personal fields are not kept in the open: want sealed or drop")
	}
	if c.RetentionDays < 0 {
		bad([]any{"retention_days"}, "%d days: want 0, which is for ever, or more", c.RetentionDays)
	}
	if (c.Origin == auyl.OriginSynthetic) != (c.Rank == auyl.RankSynthetic) {
		bad([]any{"rank"}, "synthetic data outrank nothing: origin synthetic and rank synthetic go together")
	}
	if len(c.Layout.Delimiter) > 1 {
		bad([]any{"layout", "delimiter"}, "%q: want one character", c.Layout.Delimiter)
	}
	names := slices.Sorted(maps.Keys(c.Fields))
	field := func(at []any, name string, types ...string) {
		f, ok := c.Fields[name]
		switch {
		case !ok:
			bad(at, "field %q is not declared%s", name, didYouMean(name, names))
		case len(types) > 0 && !slices.Contains(types, f.Type):
			bad(at, "field %q has type %s, want %s", name, f.Type, strings.Join(types, " or "))
		case f.Personal == "drop":
			bad(at, "field %q is personal and is dropped: nothing can be made of it", name)
		case f.Personal == "hash" && at[0] != "unique" && (at[0] != "event" || at[1] != "id"):
			bad(at, "field %q is personal and is hashed: it can name a record, no more", name)
		}
	}
	for name, f := range c.Fields {
		at := []any{"fields", name}
		word(append(at, "type"), f.Type, "text", "number", "period", "instant", "coordinate")
		word(append(at, "personal"), f.Personal, "", "drop", "hash", "generalise")
		if f.Personal != "" && f.Harmless {
			bad(at, "field %q is personal and cannot be harmless", name)
		}
		if err := checkKeep(f); err != "" {
			bad(at, "field %q: %s", name, err)
		}
		if f.AtMost != "" {
			field(append(at, "at_most"), f.AtMost, f.Type)
			if f.Type != "number" && f.Type != "instant" {
				bad(at, "at_most wants type number or instant")
			}
		}
		if (f.Min != nil || f.Max != nil) && f.Type != "number" && f.Type != "coordinate" {
			bad(at, "a range wants type number or coordinate")
		}
	}
	field([]any{"area", "field"}, c.Area.Field, "text")
	c.checkRules(bad, field, word)
	if c.Released.Field != "" {
		field([]any{"released", "field"}, c.Released.Field, "period")
	}
	for i, f := range c.Unique {
		field([]any{"unique", i}, f)
	}
	for i, s := range c.Skip {
		field([]any{"skip", i, "field"}, s.Field)
		if len(s.In) == 0 && len(s.NotIn) == 0 {
			bad([]any{"skip", i}, "rule %s skips nothing: want in or not_in", s.Rule)
		}
	}
	c.checkMeasures(bad, field, cat)
	c.checkCounted(bad, cat)
	return ps
}

// checkMeasures holds what is made of a record to the fields and the catalogue.
func (c *Contract) checkMeasures(bad func([]any, string, ...any), field func([]any, string, ...string), cat *Catalogue) {
	if (len(c.Measures) == 0) == (c.Event == nil) {
		bad(nil, "a contract makes either observations (measures) or an event of a record")
	}
	if len(c.Measures) > 0 {
		field([]any{"period", "field"}, c.Period.Field, "period")
		if c.Period.Part != "" {
			field([]any{"period", "part"}, c.Period.Part, "text")
		}
		for label, part := range c.Period.Parts {
			if _, err := auyl.ParsePeriod(strings.TrimSuffix("2024-"+part, "-")); err != nil {
				bad([]any{"period", "parts", label}, "%q: want Q1, S2, M09 or nothing", part)
			}
		}
	}
	for i, m := range c.Measures {
		at := []any{"measures", i}
		if cat.SeriesOf(m.Series) == nil {
			bad(append(at, "series"), "unknown series %q%s", m.Series, cat.nearestSeries(string(m.Series)))
		} else if s := cat.SeriesOf(m.Series); s.Event != nil {
			bad(append(at, "series"), "series %s is counted from events", m.Series)
		}
		if constant, ok := strings.CutPrefix(m.Value, "="); !ok {
			field(append(at, "value"), m.Value, "number")
		} else if _, err := auyl.ParseDecimal(constant); err != nil {
			bad(append(at, "value"), "constant %q: %v", constant, err)
		}
		if m.Sum && len(c.Unique) == 0 {
			bad(append(at, "sum"), "what is added up wants unique: else a record that is there twice counts twice")
		}
		if m.Times < 0 {
			bad(append(at, "times"), "%v is negative", m.Times)
		}
		for _, f := range slices.Sorted(maps.Keys(m.When)) {
			field(append(at, "when"), f)
		}
		for _, d := range slices.Sorted(maps.Keys(m.Dims)) {
			if f := m.Dims[d]; !strings.HasPrefix(f, "=") {
				field(append(at, "dims", d), f, "text")
			}
			if _, err := auyl.ParseDims(d + "=x"); err != nil {
				bad(append(at, "dims"), "%v", err)
			}
		}
		for _, s := range m.Status {
			field(append(at, "status"), s.Field)
		}
	}
	if e := c.Event; e != nil {
		at := []any{"event"}
		field(append(at, "id"), e.ID)
		field(append(at, "occurred_at"), e.OccurredAt, "instant")
		field(append(at, "reported_at"), e.ReportedAt, "instant")
		if e.ElseAt != "" {
			field(append(at, "else_at"), e.ElseAt, "instant")
		}
		for i, a := range e.Attributes {
			switch {
			case len(a.In) > 0 && a.Field != "" && a.Times == 0 && a.From == "" && a.To == "":
				field(append(at, "attributes", i, "field"), a.Field, "text")
			case a.Field != "" && len(a.In) == 0 && a.Max == 0 && a.From == "" && a.To == "":
				field(append(at, "attributes", i, "field"), a.Field, "number")
			case a.Field == "" && len(a.In) == 0 && a.From != "" && a.To != "":
				field(append(at, "attributes", i, "from"), a.From, "instant")
				field(append(at, "attributes", i, "to"), a.To, "instant")
			default:
				bad(append(at, "attributes", i), "attribute %s is either a field, or words of a field, or the time from one to another", a.Name)
			}
		}
		if r := e.Repeats; r != nil {
			for i, f := range r.Same {
				field(append(at, "repeats", "same", i), f)
			}
			if r.Days <= 0 {
				bad(append(at, "repeats", "days"), "%d days: want at least one", r.Days)
			}
		}
		if e.Withdrawn != nil {
			field(append(at, "withdrawn", "field"), e.Withdrawn.Field)
		}
	}
}

// checkRules holds what concerns several records or lines to the fields.
func (c *Contract) checkRules(bad func([]any, string, ...any), field, word func([]any, string, ...string)) {
	if r := c.Area; r.By == "name" || r.By == "code_or_name" {
		switch constant, ok := strings.CutPrefix(r.Parent, "="); {
		case r.Parent == "":
			bad([]any{"area", "by"}, "names repeat: a name wants the area above it, parent")
		case ok:
			if _, err := auyl.ParseAreaCode(constant); err != nil {
				bad([]any{"area", "parent"}, "%v", err)
			}
		default:
			field([]any{"area", "parent"}, r.Parent, "text")
		}
		if r.By == "code_or_name" {
			field([]any{"area", "name"}, r.Name, "text")
		}
	}
	for i, l := range c.Limits {
		at := []any{"limits", i}
		field(append(at, "field"), l.Field, "number")
		for _, f := range slices.Sorted(maps.Keys(l.When)) {
			field(append(at, "when"), f)
		}
		if l.Min == nil && l.Max == nil {
			bad(at, "a limit wants min or max")
		}
	}
	for i, t := range c.Titles {
		at := []any{"titles", i}
		field(append(at, "field"), t.Field)
		if re, err := regexp.Compile(t.Pattern); err != nil || re.NumSubexp() != 1 {
			bad(append(at, "pattern"), "%q: want a regular expression with one group", t.Pattern)
		}
	}
	for i, t := range c.Totals {
		at := []any{"totals", i}
		word(append(at, "parts"), t.Parts, "", "all", "after", "before")
		for _, f := range t.Of {
			field(append(at, "of"), f, "number")
		}
		for _, f := range append(slices.Sorted(maps.Keys(t.When)), t.Group...) {
			field(append(at, "when"), f)
		}
	}
	if e := c.Expect; e != nil && (e.Minimum < 0 || e.Minimum > 1 || e.ByDay < 0) {
		bad([]any{"expect"}, "want minimum from 0 to 1 and by_day of 0 or more")
	}
	if h := c.Hold; h != nil {
		for i, k := range h.Off {
			word([]any{"hold", "off", i}, k, HoldChecks()...)
		}
		if h.Rows < 0 || h.Rows > 1 || h.Areas < 0 || h.Areas > 1 {
			bad([]any{"hold"}, "want rows and areas from 0 to 1")
		}
	}
}

// checkKeep says what is wrong with what a generalised field keeps, "" for nothing.
func checkKeep(f Field) string {
	if f.Personal != "generalise" {
		if f.Keep != "" {
			return "keep wants personal: generalise"
		}
		return ""
	}
	switch f.Type {
	case "period", "instant":
		if f.Keep != "year" && f.Keep != "month" && f.Keep != "day" {
			return "keep wants year, month or day"
		}
	default:
		if n, err := strconv.ParseFloat(f.Keep, 64); err != nil || n <= 0 {
			return "keep wants a number above 0: the step of a number, the leading characters of a text"
		}
	}
	return ""
}
