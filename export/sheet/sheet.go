// Package sheet writes rows into one workbook of Excel: real numbers and days, a header that stays in sight, and no cell that
// runs. It reads the engine's rows as they come and keeps a bounded part of them in memory. The caller owns reader and writer.
package sheet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

const (
	// MaxRows is what a sheet holds below its header.
	MaxRows = 1<<20 - 1
	// maxCell is how many characters a cell holds.
	maxCell = 32767
	// maxDigits is how many digits of a number Excel keeps; a longer one is written as text.
	maxDigits = 15
)

// ErrTooManyRows says that the answer does not fit a sheet.
var ErrTooManyRows = fmt.Errorf("a sheet holds %d rows: ask for fewer, or take csv or parquet", MaxRows)

var wrapper = regexp.MustCompile(`^(?:Nullable|LowCardinality)\((.*)\)$`)

// kind is how the cells of a column are written.
type kind uint8

const (
	text   kind = iota
	number      // exact: whole or decimal
	float
	day
	instant
)

func kindOf(typ string) kind {
	for {
		m := wrapper.FindStringSubmatch(typ)
		if m == nil {
			break
		}
		typ = m[1]
	}
	name, _, _ := strings.Cut(typ, "(")
	switch {
	case strings.HasPrefix(name, "Int"), strings.HasPrefix(name, "UInt"), strings.HasPrefix(name, "Decimal"):
		return number
	case strings.HasPrefix(name, "Float"):
		return float
	case name == "Date", name == "Date32":
		return day
	case name == "DateTime", name == "DateTime64":
		return instant
	}
	return text
}

// Write reads a line of names, a line of types and lines of cells, all JSON arrays (JSONCompactEachRowWithNamesAndTypes of
// ClickHouse), and writes a workbook. Errors: ErrTooManyRows.
func Write(w io.Writer, rows io.Reader) (err error) {
	dec := json.NewDecoder(rows)
	dec.UseNumber()
	var names, types []string
	if err := errors.Join(dec.Decode(&names), dec.Decode(&types)); err != nil {
		return fmt.Errorf("read names and types: %w", err)
	}
	if len(names) != len(types) || len(names) == 0 {
		return fmt.Errorf("read names and types: %d names, %d types", len(names), len(types))
	}
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err := newBook(f, names, types)
	if err != nil {
		return err
	}
	for n := 1; ; n++ {
		var cells []any
		if err := dec.Decode(&cells); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("read row %d: %w", n, err)
		}
		if n > MaxRows {
			return ErrTooManyRows
		}
		if len(cells) != len(names) {
			return fmt.Errorf("read row %d: %d cells, want %d", n, len(cells), len(names))
		}
		if err := b.row(n+1, cells); err != nil {
			return fmt.Errorf("write row %d: %w", n, err)
		}
	}
	if err := b.stream.Flush(); err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	if _, err := f.WriteTo(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// book is the workbook being written.
type book struct {
	stream                *excelize.StreamWriter
	kinds                 []kind
	dayStyle, instantMark int
	cells                 []any
}

func newBook(f *excelize.File, names, types []string) (*book, error) {
	b := &book{kinds: make([]kind, len(types)), cells: make([]any, len(types))}
	var bold int
	var err error
	style := func(s *excelize.Style) (id int) {
		if err == nil {
			id, err = f.NewStyle(s)
		}
		return id
	}
	dayFormat, instantFormat := "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
	bold = style(&excelize.Style{Font: &excelize.Font{Bold: true}})
	b.dayStyle = style(&excelize.Style{CustomNumFmt: &dayFormat})
	b.instantMark = style(&excelize.Style{CustomNumFmt: &instantFormat})
	if err == nil {
		b.stream, err = f.NewStreamWriter("Sheet1")
	}
	if err != nil {
		return nil, fmt.Errorf("make workbook: %w", err)
	}
	header := make([]any, len(names))
	for i, n := range names {
		b.kinds[i] = kindOf(types[i])
		header[i] = excelize.Cell{StyleID: bold, Value: short(n)}
		width := max(10, min(40, utf8.RuneCountInString(n)+2))
		if b.kinds[i] == text || b.kinds[i] == instant {
			width = max(width, 20)
		}
		if err := b.stream.SetColWidth(i+1, i+1, float64(width)); err != nil {
			return nil, fmt.Errorf("make workbook: %w", err)
		}
	}
	panes := &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}
	if err := errors.Join(b.stream.SetPanes(panes), b.stream.SetRow("A1", header)); err != nil {
		return nil, fmt.Errorf("make workbook: %w", err)
	}
	return b, nil
}

func (b *book) row(n int, cells []any) error {
	for i, c := range cells {
		b.cells[i] = b.cell(b.kinds[i], c)
	}
	return b.stream.SetRow("A"+strconv.Itoa(n), b.cells)
}

// cell makes what excelize writes of a JSON value: nil for an empty cell. A text stays text whatever it begins with: it is
// never given as a formula.
func (b *book) cell(k kind, v any) any {
	if v == nil {
		return nil
	}
	s, ok := v.(string)
	if n, isNumber := v.(json.Number); isNumber {
		s, ok = n.String(), true
	}
	if !ok {
		j, err := json.Marshal(v) // arrays, maps, tuples: as JSON
		if err != nil {
			return nil
		}
		return short(string(j))
	}
	switch k {
	case number, float:
		if f, err := strconv.ParseFloat(s, 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) && (k == float || digits(s) <= maxDigits) {
			return f
		}
	case day:
		if t, err := time.Parse(time.DateOnly, s); err == nil && t.Year() >= 1900 {
			return excelize.Cell{StyleID: b.dayStyle, Value: t}
		}
	case instant:
		if t, err := time.Parse("2006-01-02 15:04:05", s); err == nil && t.Year() >= 1900 {
			return excelize.Cell{StyleID: b.instantMark, Value: t}
		}
	case text:
	}
	return short(s)
}

// digits counts the digits of an exact number from the first that is not 0.
func digits(s string) int {
	return len(strings.TrimLeft(strings.NewReplacer("-", "", ".", "").Replace(s), "0"))
}

// short cuts a text to what a cell holds, at a character.
func short(s string) string {
	if len(s) <= maxCell {
		return s
	}
	r := []rune(s)
	if len(r) <= maxCell {
		return s
	}
	return string(r[:maxCell-1]) + "…"
}
