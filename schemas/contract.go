package schemas

import (
	"fmt"
	"io/fs"

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
	Format   string           `yaml:"format,required"` // csv, xlsx, json, taldau, egov
	Layout   Layout           `yaml:"layout"`
	Released Released         `yaml:"released"`
	Number   NumberRule       `yaml:"number"`
	Area     AreaRule         `yaml:"area,required"`
	Period   PeriodRule       `yaml:"period"` // of measures; events have instants
	Skip     []SkipRule       `yaml:"skip"`
	Fields   map[string]Field `yaml:"fields,required"`
	Measures []Measure        `yaml:"measures"`
	Breaks   []Break          `yaml:"breaks"`
	// Unique are the fields that together name a record within a page. A second
	// record with the same name is skipped as a duplicate, and dead where it says
	// something else.
	Unique []string  `yaml:"unique"`
	Event  *EventMap `yaml:"event"`
	Limits []Limit   `yaml:"limits"`
	Titles []Title   `yaml:"titles"`
	Totals []Totals  `yaml:"totals"`
	Expect *Expect   `yaml:"expect"`
	Hold   *Hold     `yaml:"hold"`
	// Restates says that a page tells all of an area and period that it names: a
	// measure that is not there any more is withdrawn («изложить в новой редакции»).
	Restates bool `yaml:"restates"`
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

	// Disjoint says that slices of one name are joined: taldau. Where two of them
	// give one figure differently, both are refused.
	Disjoint bool `yaml:"disjoint"`

	Records string `yaml:"records"` // json: where the array of records stands, such as data.items; "" is the top
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
	Provisional  []string `yaml:"provisional"`  // signs behind a figure that will be revised: status P
}

// AreaRule says how a record names its area.
type AreaRule struct {
	Field  string `yaml:"field"`
	By     string `yaml:"by,required"` // code, taldau_term, label, name, code_or_name
	Name   string `yaml:"name"`        // by code_or_name: field of the name, for records without a code
	Parent string `yaml:"parent"`      // by name: field with the code of an area above, or =code; never a name alone
	// Fallback is the area of records whose field is empty: an event without a
	// place still happened in the oblast. 0 makes such a record dead.
	Fallback auyl.AreaCode            `yaml:"fallback"`
	Within   auyl.AreaCode            `yaml:"within"` // records of other areas are skipped by rule outside
	Labels   map[string]auyl.AreaCode `yaml:"labels"` // by: label
	Levels   []auyl.Level             `yaml:"levels"` // that the source reports; empty: any
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
	Type     string   `yaml:"type,required"` // text, number, period, instant, coordinate
	Required bool     `yaml:"required"`
	Min      *float64 `yaml:"min"`
	Max      *float64 `yaml:"max"`
	OneOf    []string `yaml:"one_of"`
	AtMost   string   `yaml:"at_most"`  // field that it may not exceed: parts of a whole, ends after begins
	Harmless bool     `yaml:"harmless"` // may be quoted in a dead letter
	// Personal says what becomes of it at decode: drop, it never leaves; hash, only
	// a keyed hash does, to tell repeats; generalise, only what Keep says does.
	Personal string `yaml:"personal"`
	Keep     string `yaml:"keep"` // generalise: year, month or day of a date or an instant; a step such as 10 of a number; leading characters of a text
}

// Limit is a range that holds for some records only, such as the ceiling of
// credits that are not for processing.
type Limit struct {
	Field string              `yaml:"field,required"`
	When  map[string][]string `yaml:"when,required"`
	Min   *float64            `yaml:"min"`
	Max   *float64            `yaml:"max"`
}

// Title takes a field from the lines above a header, such as the date in «по
// состоянию на 1 ноября 2026 года».
type Title struct {
	Field   string `yaml:"field,required"`
	Pattern string `yaml:"pattern,required"` // regular expression with one group: the value
}

// Totals are rows that add others up. They are held against their parts and
// then skipped by rule total_row; one that does not add up is dead.
type Totals struct {
	When  map[string][]string `yaml:"when,required"` // what marks such a row
	Of    []string            `yaml:"of,required"`   // fields that are added up
	Group []string            `yaml:"group"`         // fields that a total shares with its parts
	// Parts are the rows that it adds up: all of the page, those that follow it up
	// to the next total (after), or those since the last one (before).
	Parts     string  `yaml:"parts"`
	Tolerance float64 `yaml:"tolerance"` // of roundings
}

// Expect is what a source promises: which areas it reports, and by when.
type Expect struct {
	Level   auyl.Level `yaml:"level,required"`
	Freq    auyl.Freq  `yaml:"freq,required"`
	ByDay   int        `yaml:"by_day,required"` // days after the end of the period by which it is due
	Minimum float64    `yaml:"minimum"`         // share of the areas below which a page is refused as shrunken; 0 takes every page
	Partial string     `yaml:"partial"`         // what the names of pages that hold corrections alone contain
}

// Measure makes one observation of a record.
type Measure struct {
	Series auyl.SeriesID       `yaml:"series,required"`
	Value  string              `yaml:"value,required"` // field, or =constant
	When   map[string][]string `yaml:"when"`           // the record's fields must have one of these values
	Dims   map[string]string   `yaml:"dims"`           // dimension: field, or =constant
	Totals map[string]string   `yaml:"totals"`         // dimension: the value that stands for the total
	Status []StatusRule        `yaml:"status"`
	// Sum adds the values of all records of the page with the same series,
	// dimensions, area and period, instead of refusing the second: so posts and
	// sites of a register that lists them are counted.
	Sum bool `yaml:"sum"`
	// At dates a stock that is reported for a period by a day: end is the first day
	// after the period, as registers date it («на 1 ноября»), start its first day.
	At string `yaml:"at"`
	// Times is the factor to the unit of the series: 1000 where a source writes
	// thousands, 0.001 where it writes thousandths. 0 is 1.
	Times float64 `yaml:"times"`
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
	ElseAt     string      `yaml:"else_at"`              // field taken where occurred_at is empty: of what has not come about yet
	ReportedAt string      `yaml:"reported_at,required"` // field
	Attributes []Attribute `yaml:"attributes"`
	Withdrawn  *SkipRule   `yaml:"withdrawn"` // records that take the event back; rule is the reason
	Repeats    *RepeatRule `yaml:"repeats"`   // records that say an event again under another number
}

// RepeatRule names records that say again what another record of the page said
// under another number, such as a vacancy that was put up twice.
type RepeatRule struct {
	Rule string   `yaml:"rule,required"`
	Same []string `yaml:"same,required"` // fields in which the two are alike
	Days int      `yaml:"days,required"` // between the two, at most
}

// Attribute is a number of an event: a field times a factor, 1 or 0 for a field
// that has one of some words or not, or the seconds from one instant to another,
// times a factor.
type Attribute struct {
	Name  string   `yaml:"name,required"`
	Field string   `yaml:"field"`
	In    []string `yaml:"in"`    // words of the field that make 1
	Times float64  `yaml:"times"` // 0 is 1
	From  string   `yaml:"from"`
	To    string   `yaml:"to"`
	Max   float64  `yaml:"max"` // of an interval, after times; 0 is none
}

// ByFile reports whether the source's data come as files rather than as answers
// of an API.
func (c *Contract) ByFile() bool {
	return c.Format == "csv" || c.Format == "xlsx" || c.Format == "json"
}

// Hashes reports whether a field is kept as a keyed hash.
func (c *Contract) Hashes() bool {
	for _, f := range c.Fields {
		if f.Personal == "hash" {
			return true
		}
	}
	return false
}

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

// House is all that the project is driven by.
type House struct {
	Areas     *Areas
	Catalogue *Catalogue
	Contracts map[auyl.SourceID]*Contract
	Summaries []Summary // sorted by id
}

// Load reads areas, catalogue, contracts and summaries. Errors: Problems, of all of them.
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
		h.Summaries, err = LoadSummaries(fsys, h.Catalogue, h.Contracts)
		collect(err)
	}
	if err := ps.Err(); err != nil {
		return nil, err
	}
	return h, nil
}
