package schemas

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl"
)

// Contract says what the records of a source must be, and what is made of them.
// A field that it does not name is dropped before anything is stored outside
// the raw archive.
type Contract struct {
	ID       auyl.SourceID    `yaml:"id,required"`
	Version  uint32           `yaml:"version,required"`
	Title    Names            `yaml:"title,required"`
	License  string           `yaml:"license,required"`
	Origin   auyl.Origin      `yaml:"origin,required"`
	Rank     auyl.Rank        `yaml:"rank,required"`
	Format   string           `yaml:"format,required"` // csv, xlsx, taldau, egov
	Layout   Layout           `yaml:"layout"`
	Released Released         `yaml:"released"`
	Number   NumberRule       `yaml:"number"`
	Area     AreaRule         `yaml:"area,required"`
	Period   PeriodRule       `yaml:"period"` // of measures; events have instants
	Skip     []SkipRule       `yaml:"skip"`
	Fields   map[string]Field `yaml:"fields,required"`
	Measures []Measure        `yaml:"measures"`
	Breaks   []Break          `yaml:"breaks"`
	Event    *EventMap        `yaml:"event"`
	// MinRecords is the number of records below which a page is refused whole: an
	// empty or shrunken delivery erases nothing and is not taken for news.
	MinRecords int `yaml:"min_records"`
	// Raw says how the bytes of pages are kept: keep (in the open), sealed
	// (encrypted), drop (let go once they were decoded). KeepRaw has the default.
	Raw string `yaml:"raw"`
	// RetentionDays is how long a page that a newer one replaced is kept; 0 is for ever.
	RetentionDays int `yaml:"retention_days"`
}

// Layout says how a page is laid out, as far as its format leaves that open.
type Layout struct {
	Encoding   string `yaml:"encoding"`    // csv: auto, utf-8, windows-1251, kz-1048
	Delimiter  string `yaml:"delimiter"`   // csv: one character; "" is found out
	HeaderRows int    `yaml:"header_rows"` // csv: rows of the header; 0 is 1
	SkipRows   int    `yaml:"skip_rows"`   // csv: rows above the header

	Sheet       string `yaml:"sheet"`        // xlsx: name of the sheet; "" is the first
	Header      []int  `yaml:"header"`       // xlsx: rows of the header, from 1; none is row 1
	FirstRow    int    `yaml:"first_row"`    // xlsx: first row below the header that counts; 0 is the next one
	Unpivot     bool   `yaml:"unpivot"`      // xlsx: each cell is a record with the fields label, header_1 …, value
	LabelColumn int    `yaml:"label_column"` // xlsx: column of the labels, from 1; 0 is 1
}

// Released says when a source published what it gave.
type Released struct {
	On    auyl.Day `yaml:"on"`    // all of it on one day
	Field string   `yaml:"field"` // each record on the day in this field
}

// NumberRule says how numbers are written.
type NumberRule struct {
	Decimal      string   `yaml:"decimal"`      // "." where not said
	Thousands    string   `yaml:"thousands"`    // characters that may part groups of digits
	Missing      []string `yaml:"missing"`      // marks of a figure that is not there: status M
	Confidential []string `yaml:"confidential"` // marks of a figure that is hidden: status C
	Zero         []string `yaml:"zero"`         // marks of "the phenomenon does not occur": 0
}

// AreaRule says how a record names its area.
type AreaRule struct {
	Field  string                   `yaml:"field"`
	By     string                   `yaml:"by,required"` // code, taldau_term, label
	Within auyl.AreaCode            `yaml:"within"`      // records of other areas are skipped by rule outside
	Labels map[string]auyl.AreaCode `yaml:"labels"`      // by: label
	Levels []auyl.Level             `yaml:"levels"`      // that the source reports; empty: any
}

// PeriodRule says how a record names its period.
type PeriodRule struct {
	Field string `yaml:"field"`
	// Part is a second field that says which part of the year in Field is meant,
	// and Parts what its values stand for: "I": Q1, "год": "".
	Part  string            `yaml:"part"`
	Parts map[string]string `yaml:"parts"`
	Freq  auyl.Freq         `yaml:"freq"`  // that a day is widened to; 0 leaves periods as they are written
	AsOf  bool              `yaml:"as_of"` // the day is the first after the period
	Min   auyl.Day          `yaml:"min"`   // earliest plausible
}

// SkipRule names records that are left out, and why.
type SkipRule struct {
	Rule  string   `yaml:"rule,required"`
	Field string   `yaml:"field,required"`
	In    []string `yaml:"in"`
	NotIn []string `yaml:"not_in"`
}

// Field is one column.
type Field struct {
	Type     string   `yaml:"type,required"` // text, number, period, instant
	Required bool     `yaml:"required"`
	Min      *float64 `yaml:"min"`
	Max      *float64 `yaml:"max"`
	OneOf    []string `yaml:"one_of"`
	Harmless bool     `yaml:"harmless"` // may be quoted in a dead letter
	Personal string   `yaml:"personal"` // drop: never leaves decode
}

// Measure makes one observation of a record.
type Measure struct {
	Series auyl.SeriesID       `yaml:"series,required"`
	Value  string              `yaml:"value,required"` // field
	When   map[string][]string `yaml:"when"`           // the record's fields must have one of these values
	Dims   map[string]string   `yaml:"dims"`           // dimension: field, or =constant
	Totals map[string]string   `yaml:"totals"`         // dimension: the value that stands for the total
	Status []StatusRule        `yaml:"status"`
}

// StatusRule gives a record's value a status where a field says so.
type StatusRule struct {
	Field    string      `yaml:"field,required"`
	Contains string      `yaml:"contains,required"`
	Is       auyl.Status `yaml:"is,required"`
}

// Break marks the first period after a break in a series.
type Break struct {
	Series auyl.SeriesID `yaml:"series,required"`
	From   auyl.Period   `yaml:"from,required"`
	Note   string        `yaml:"note,required"`
}

// EventMap makes an event of a record.
type EventMap struct {
	Kind       string      `yaml:"kind,required"`
	ID         string      `yaml:"id,required"`          // field
	OccurredAt string      `yaml:"occurred_at,required"` // field
	ReportedAt string      `yaml:"reported_at,required"` // field
	Attributes []Attribute `yaml:"attributes"`
	Withdrawn  *SkipRule   `yaml:"withdrawn"` // records that take the event back; rule is the reason
}

// Attribute is a number of an event: a field times a factor, or the seconds from
// one instant to another.
type Attribute struct {
	Name  string  `yaml:"name,required"`
	Field string  `yaml:"field"`
	Times float64 `yaml:"times"` // 0 is 1
	From  string  `yaml:"from"`
	To    string  `yaml:"to"`
}

// ByFile reports whether the source's data come as files rather than as answers
// of an API.
func (c *Contract) ByFile() bool { return c.Format == "csv" || c.Format == "xlsx" }

// Personal reports whether pages of the source hold personal fields.
func (c *Contract) Personal() bool {
	for _, f := range c.Fields {
		if f.Personal != "" {
			return true
		}
	}
	return false
}

// The ways to keep the bytes of pages.
const (
	RawKeep   = "keep"
	RawSealed = "sealed"
	RawDrop   = "drop"
)

// KeepRaw returns how the bytes of pages are kept: as the contract says, else
// sealed where it has personal fields.
func (c *Contract) KeepRaw() string {
	switch {
	case c.Raw != "":
		return c.Raw
	case c.Personal():
		return RawSealed
	}
	return RawKeep
}

// LoadContracts reads contracts/*.yaml and holds them against the catalogue.
// Errors: Problems.
func LoadContracts(fsys fs.FS, cat *Catalogue) (map[auyl.SourceID]*Contract, error) {
	files, err := fs.Glob(fsys, "contracts/*.yaml")
	if err != nil || len(files) == 0 {
		return nil, Problems{{File: "contracts", Message: "no contracts"}}
	}
	out := map[auyl.SourceID]*Contract{}
	var ps Problems
	for _, f := range files {
		c := &Contract{}
		doc, problems := readYAML(fsys, f, c)
		if len(problems) == 0 {
			problems = c.check(f, doc, cat)
		}
		ps = append(ps, problems...)
		out[c.ID] = c
	}
	if err := ps.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

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
	word([]any{"format"}, c.Format, "csv", "xlsx", "taldau", "egov")
	word([]any{"layout", "encoding"}, c.Layout.Encoding, "", "auto", "utf-8", "windows-1251", "kz-1048")
	word([]any{"area", "by"}, c.Area.By, "code", "taldau_term", "label")
	word([]any{"number", "decimal"}, c.Number.Decimal, "", ".", ",")
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
		case f.Personal != "":
			bad(at, "field %q is personal and is dropped: nothing can be made of it", name)
		}
	}
	for name, f := range c.Fields {
		at := []any{"fields", name}
		word(append(at, "type"), f.Type, "text", "number", "period", "instant")
		word(append(at, "personal"), f.Personal, "", "drop")
		if f.Personal != "" && f.Harmless {
			bad(at, "field %q is personal and cannot be harmless", name)
		}
		if (f.Min != nil || f.Max != nil) && f.Type != "number" {
			bad(at, "a range wants type number")
		}
	}
	field([]any{"area", "field"}, c.Area.Field, "text")
	if c.Released.Field != "" {
		field([]any{"released", "field"}, c.Released.Field, "period")
	}
	for i, s := range c.Skip {
		field([]any{"skip", i, "field"}, s.Field)
		if len(s.In) == 0 && len(s.NotIn) == 0 {
			bad([]any{"skip", i}, "rule %s skips nothing: want in or not_in", s.Rule)
		}
	}
	c.checkMeasures(bad, field, cat)
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
		field(append(at, "value"), m.Value, "number")
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
		for i, a := range e.Attributes {
			switch {
			case a.Field != "" && a.From == "" && a.To == "":
				field(append(at, "attributes", i, "field"), a.Field, "number")
			case a.Field == "" && a.From != "" && a.To != "":
				field(append(at, "attributes", i, "from"), a.From, "instant")
				field(append(at, "attributes", i, "to"), a.To, "instant")
			default:
				bad(append(at, "attributes", i), "attribute %s is either a field or the time from one to another", a.Name)
			}
		}
		if e.Withdrawn != nil {
			field(append(at, "withdrawn", "field"), e.Withdrawn.Field)
		}
	}
}

// House is all that the project is driven by.
type House struct {
	Areas     *Areas
	Catalogue *Catalogue
	Contracts map[auyl.SourceID]*Contract
}

// Load reads areas, catalogue and contracts. Errors: Problems, of all of them.
func Load(fsys fs.FS) (*House, error) {
	h := &House{}
	var ps Problems
	collect := func(err error) {
		if p, ok := err.(Problems); ok { //nolint:errorlint // the loaders return it bare
			ps = append(ps, p...)
		} else if err != nil {
			ps = append(ps, Problem{File: ".", Message: err.Error()})
		}
	}
	var err error
	h.Areas, err = LoadAreas(fsys)
	collect(err)
	h.Catalogue, err = LoadCatalogue(fsys)
	collect(err)
	if h.Catalogue != nil {
		h.Contracts, err = LoadContracts(fsys, h.Catalogue)
		collect(err)
	}
	if h.Catalogue != nil && h.Contracts != nil {
		for _, i := range h.Catalogue.Indicators {
			for _, s := range i.Sources {
				if h.Contracts[s] == nil {
					ps = append(ps, Problem{File: "indicators/" + i.Theme + ".yaml", Message: fmt.Sprintf("indicator %s: source %s has no contract", i.ID, s)})
				}
			}
		}
	}
	if err := ps.Err(); err != nil {
		return nil, err
	}
	return h, nil
}
