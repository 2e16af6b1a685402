// Package infer drafts the contract of a source from one of its files. It guesses
// the layout, the types and what the columns are, marks what looks personal to be
// dropped, and says of each guess what it rests on: a draft is read and corrected
// by a person. It does no I/O.
//
// It leans to caution: whatever looks personal in a single value is dropped, and
// what a figure means, its series, is left to be chosen.
package infer

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/auyl-kz/auyl/ingest/csv"
	"github.com/auyl-kz/auyl/ingest/egov"
	"github.com/auyl-kz/auyl/ingest/taldau"
	"github.com/auyl-kz/auyl/ingest/xlsx"
	"github.com/auyl-kz/auyl/schemas"
)

// ErrNothing says that a file has no columns or no records to go by.
var ErrNothing = errors.New("nothing to go by")

// TODO stands where the person who reads the draft has to choose a series.
const TODO = "TODO"

// Draft returns a contract in YAML for a file. id is that of the source; the name
// of the file helps where the bytes do not say what they are. Errors: ErrNothing,
// and those of the formats.
func Draft(id, file string, body []byte, h *schemas.House) ([]byte, error) {
	t, err := read(file, body, h)
	if err != nil {
		return nil, err
	}
	if len(t.columns) == 0 || t.records == 0 {
		return nil, fmt.Errorf("%s: %w: %d column(s), %d record(s)", file, ErrNothing, len(t.columns), t.records)
	}
	t.judge()
	return t.write(id, file), nil
}

// table is what was seen of a file. It is the recorder of all formats.
type table struct {
	h       *schemas.House
	format  string
	layout  []string // lines of YAML under layout
	columns []*column
	records int
	broken  int
	limit   int // records to read; 0 is all

	decimal, thousands     string
	marks                  []string
	area, period           *column
	id, occurred, reported *column
}

var errEnough = errors.New("enough")

// Header implements the recorders of the formats.
func (t *table) Header(names []string) error {
	t.columns = nil
	for _, n := range names {
		t.columns = append(t.columns, newColumn(strings.TrimSpace(n), t.h.Areas))
	}
	return nil
}

// Record implements the recorders of the formats.
func (t *table) Record(_ int, _ string, fields []string) error {
	t.records++
	for i, f := range fields {
		t.columns[i].observe(f)
	}
	if t.limit > 0 && t.records >= t.limit {
		return errEnough
	}
	return nil
}

// Broken implements the recorders of the formats.
func (t *table) Broken(int, string, error) error {
	t.broken++
	return nil
}

func read(file string, body []byte, h *schemas.House) (*table, error) {
	t := &table{h: h}
	switch head := bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))); {
	case bytes.HasPrefix(head, []byte("PK")):
		err := t.readXLSX(body)
		return t, err
	case bytes.HasPrefix(head, []byte("[")), bytes.HasPrefix(head, []byte("{")):
		err := t.readJSON(body)
		return t, err
	case len(head) == 0:
		return nil, fmt.Errorf("%s: %w: it is empty", file, ErrNothing)
	}
	err := t.readCSV(body)
	return t, err
}

func (t *table) readCSV(body []byte) error {
	t.format = "csv"
	g := csv.Guess(body)
	t.layout = append(t.layout, fmt.Sprintf("encoding: %s # guessed from the bytes", g.Encoding), fmt.Sprintf("delimiter: %s # parts most lines into equally many fields", quoted(string(g.Delimiter))))
	if g.SkipRows > 0 {
		t.layout = append(t.layout, fmt.Sprintf("skip_rows: %d # lines above the header", g.SkipRows))
	}
	return csv.Decode(body, csv.Options{Encoding: g.Encoding, Delimiter: g.Delimiter, SkipRows: g.SkipRows}, t)
}

// readJSON takes Taldau where the slices are, else a list of rows.
func (t *table) readJSON(body []byte) error {
	t.format = "taldau"
	if err := taldau.Decode(body, taldau.Options{}, t); err == nil && t.records > 0 && t.broken == 0 {
		return nil
	}
	*t = table{h: t.h, format: "egov"}
	return egov.Decode(body, egov.Options{}, t)
}

// headerRows is how far down a header is looked for.
const headerRows = 12

// readXLSX takes for the header, among the first rows, the one with the most
// names that are no numbers and has records below it.
func (t *table) readXLSX(body []byte) error {
	best, most := 0, 1
	for row := 1; row <= headerRows; row++ {
		try := &table{h: t.h, limit: 20}
		err := xlsx.Decode(body, xlsx.Options{HeaderRows: []int{row}}, try)
		if err != nil && !errors.Is(err, errEnough) {
			if errors.Is(err, xlsx.ErrHeader) {
				continue
			}
			return err
		}
		if n := try.names(); n > most && try.records > try.broken {
			best, most = row, n
		}
	}
	if best == 0 {
		return fmt.Errorf("%w: none of the first %d rows of the first sheet looks like the header of a list; a wide table, with periods across the top, wants layout.unpivot and is written by hand", ErrNothing, headerRows)
	}
	*t = table{h: t.h, format: "xlsx"}
	if best > 1 {
		t.layout = append(t.layout, fmt.Sprintf("header: [%d] # of the first %d rows the one with the most names", best, headerRows))
	}
	return xlsx.Decode(body, xlsx.Options{HeaderRows: []int{best}}, t)
}

// names counts columns whose name is a word.
func (t *table) names() int {
	n := 0
	for _, c := range t.columns {
		if c.name != "" && !isNumber.MatchString(c.name) {
			n++
		}
	}
	return n
}

// judge decides what each column is, and which of them say where and when.
func (t *table) judge() {
	t.columns = slices.DeleteFunc(t.columns, func(c *column) bool { return c.name == "" })
	for _, c := range t.columns {
		c.judge()
	}
	t.judgeNumbers()
	best := func(kind kind) *column {
		var found *column
		for _, c := range t.columns {
			if c.kind == kind && (found == nil || c.filled > found.filled) {
				found = c
			}
		}
		return found
	}
	if t.area = best(kindArea); t.area == nil {
		t.area = best(kindAreaName)
	}
	if t.area == nil && t.format == "taldau" {
		t.area = t.named("term")
	}
	t.period = best(kindPeriod)
	for _, c := range t.columns {
		switch {
		case c.kind == kindInstant && t.occurred == nil:
			t.occurred = c
		case c.kind == kindInstant && t.reported == nil:
			t.reported = c
		case c.kind == kindText && t.id == nil && c.filled == t.records && c.distinct() == t.records:
			t.id = c
		}
	}
}

func (t *table) named(name string) *column {
	for _, c := range t.columns {
		if c.name == name {
			return c
		}
	}
	return nil
}

// judgeNumbers decides how figures are written: the same in all columns.
func (t *table) judgeNumbers() {
	commas, points := 0, 0
	var parts, marks []string
	for _, c := range t.columns {
		if c.kind != kindNumber {
			continue
		}
		commas += c.commas
		points += c.points
		for _, p := range sorted(c.groups) {
			if !slices.Contains(parts, p) {
				parts = append(parts, p)
			}
		}
		for _, m := range sorted(c.marks) {
			if !slices.Contains(marks, m) {
				marks = append(marks, m)
			}
		}
	}
	t.decimal = "."
	if commas > points {
		t.decimal = ","
	}
	slices.Sort(parts)
	t.thousands = strings.Join(parts, "")
	t.marks = marks
}

// events reports whether a record is an event: it has instants and a number of
// its own.
func (t *table) events() bool { return t.occurred != nil && t.id != nil }
