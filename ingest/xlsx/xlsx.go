// Package xlsx turns a sheet of a workbook into records, row by row, in one of
// two layouts: a table, whose rows are records, and a wide table as statistics
// offices publish it, with areas down the side and periods across the top, of
// which each cell is a record.
//
// A workbook is foreign bytes: what it unpacks to is bounded, formulas give the
// value that was saved with them and are never computed, links are not followed
// and nothing is written to disk. A large one is read as it unpacks. The package
// does no I/O and knows nothing of what a column means.
package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Reasons for which a whole page is refused.
var (
	// ErrNotWorkbook says that the bytes are no workbook, or one with a password.
	ErrNotWorkbook = errors.New("not a workbook")
	// ErrTooLarge says that the workbook unpacks to more than Options allow, or
	// has more rows or columns.
	ErrTooLarge = errors.New("workbook too large")
	// ErrSheet says that the sheet is missing.
	ErrSheet = errors.New("no such sheet")
	// ErrHeader says that the rows of the header are missing, or name a column twice.
	ErrHeader = errors.New("header")
)

// ErrRagged says that a row of a table has cells outside the header.
var ErrRagged = errors.New("cells outside the header")

// Recorder takes what a page holds, in the order of the page. An error that it
// returns ends Decode, which returns it unchanged.
type Recorder interface {
	// Header is called once, before all else.
	Header(names []string) error
	// Record is called for each record; fields has the length of the header and
	// is reused after the call, its strings may be kept.
	Record(row int, position string, fields []string) error
	// Broken is called for a record that cannot be read.
	Broken(row int, position string, cause error) error
}

// Titled is a Recorder that wants the rows above the header, too.
type Titled interface {
	// Title is called for each of them, its cells joined by blanks, before Header.
	Title(text string)
}

// Options of Decode; the zero value reads the first sheet as a table with its
// header in row 1.
type Options struct {
	Sheet string // "" is the first
	// HeaderRows are the rows of the header from top to bottom, from 1; nil is
	// row 1. An empty cell of an upper row repeats the one before it, as merged
	// cells are stored.
	HeaderRows []int
	// FirstRow is the first row below the header that counts; 0 is the next one.
	FirstRow int
	// Unpivot makes a record of each cell that is not empty: with the fields
	// label, header_1 … header_n (the header above the cell) and value. Columns
	// with nothing in the lowest row of the header are left out, and so are rows
	// without a label. Signs of footnotes, such as 1), are cut off labels and
	// headers.
	Unpivot bool
	// LabelColumn is the column of the labels, from 1; 0 is 1.
	LabelColumn int
	// MaxUnzipBytes bounds what the workbook unpacks to; 0 means 1 GiB.
	MaxUnzipBytes int64
	// StreamAbove is the size unpacked from which on a workbook is read as it
	// unpacks, instead of being held in memory; 0 means 16 MiB.
	StreamAbove int64
	// MaxTextBytes bounds the texts that are held of such a workbook; 0 means 64 MiB.
	MaxTextBytes int64
	MaxRows      int // 0 means 1,048,576, as many as a sheet can have
	MaxColumns   int // 0 means 1,024
}

var footnote = regexp.MustCompile(`\s*(?:\d{1,2}\)|\*)+\s*$`)

// Decode walks over a sheet. Errors: those of the first list above, and whatever
// the recorder returns. Rows without any text are no records.
func Decode(body []byte, o Options, out Recorder) (err error) {
	o = o.withDefaults()
	// The library indexes into what it unpacked without looking everywhere first;
	// a broken workbook is the sender's fault and no reason to fall over.
	reading := true
	defer func() {
		if r := recover(); r != nil && reading {
			err = fmt.Errorf("%w: %v", ErrNotWorkbook, r)
		} else if r != nil {
			panic(r)
		}
	}()
	files, err := parts(body, o)
	if err != nil {
		return err
	}
	w := walker{o: o, out: out}
	if files != nil {
		reading = false // by what never indexes without looking
		if err := (&large{o: o, parts: files}).decode(&w); err != nil {
			return err
		}
		return w.whole()
	}
	f, err := excelize.OpenReader(bytes.NewReader(body), excelize.Options{
		UnzipSizeLimit: o.MaxUnzipBytes, UnzipXMLSizeLimit: o.MaxUnzipBytes, RawCellValue: true,
	})
	if err != nil {
		if strings.Contains(err.Error(), "unzip size exceeds") {
			return fmt.Errorf("%w: unpacks to more than %d bytes", ErrTooLarge, o.MaxUnzipBytes)
		}
		return fmt.Errorf("%w: %w", ErrNotWorkbook, err)
	}
	defer f.Close() //nolint:errcheck // only read, and nothing is on disk
	sheets := f.GetSheetList()
	if o.Sheet == "" && len(sheets) > 0 {
		o.Sheet = sheets[0]
	}
	w.o.Sheet = o.Sheet
	if !slices.Contains(sheets, o.Sheet) {
		return fmt.Errorf("%w: %q, there are %q", ErrSheet, o.Sheet, sheets)
	}
	rows, err := f.Rows(o.Sheet)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotWorkbook, err)
	}
	defer rows.Close() //nolint:errcheck // only read
	for n := 1; rows.Next(); n++ {
		cells, err := rows.Columns()
		if err != nil {
			return fmt.Errorf("%w: row %d: %w", ErrNotWorkbook, n, err)
		}
		if len(cells) > o.MaxColumns {
			return fmt.Errorf("%w: more than %d columns", ErrTooLarge, o.MaxColumns)
		}
		if n > o.MaxRows {
			return fmt.Errorf("%w: more than %d rows", ErrTooLarge, o.MaxRows)
		}
		reading = false
		err = w.row(n, cells)
		reading = true
		if err != nil {
			return err
		}
	}
	if err := rows.Error(); err != nil {
		return fmt.Errorf("%w: %w", ErrNotWorkbook, err)
	}
	return w.whole()
}

type walker struct {
	o      Options
	out    Recorder
	upper  [][]string // the rows of the header so far
	names  []string
	fields []string
	record int
}

// whole says that a sheet ended before its header.
func (w *walker) whole() error {
	if w.names == nil {
		return fmt.Errorf("%w: the sheet ends before row %d", ErrHeader, w.o.HeaderRows[len(w.o.HeaderRows)-1])
	}
	return nil
}

func (o Options) withDefaults() Options {
	if len(o.HeaderRows) == 0 {
		o.HeaderRows = []int{1}
	}
	if last := o.HeaderRows[len(o.HeaderRows)-1]; o.FirstRow <= last {
		o.FirstRow = last + 1
	}
	if o.LabelColumn == 0 {
		o.LabelColumn = 1
	}
	if o.MaxUnzipBytes == 0 {
		o.MaxUnzipBytes = 1 << 30
	}
	if o.StreamAbove == 0 {
		o.StreamAbove = 16 << 20
	}
	if o.MaxTextBytes == 0 {
		o.MaxTextBytes = 64 << 20
	}
	if o.MaxRows == 0 {
		o.MaxRows = 1 << 20
	}
	if o.MaxColumns == 0 {
		o.MaxColumns = 1024
	}
	return o
}

func (w *walker) row(n int, cells []string) error {
	if slices.Contains(w.o.HeaderRows, n) {
		w.upper = append(w.upper, w.headerRow(cells, n == w.o.HeaderRows[len(w.o.HeaderRows)-1]))
		if len(w.upper) == len(w.o.HeaderRows) {
			return w.header()
		}
		return nil
	}
	if w.names == nil {
		if t, ok := w.out.(Titled); ok {
			t.Title(strings.Join(cells, " "))
		}
		return nil
	}
	if n < w.o.FirstRow {
		return nil
	}
	for i := range cells {
		cells[i] = plain(cells[i])
	}
	if w.o.Unpivot {
		return w.wide(n, cells)
	}
	return w.table(n, cells)
}

// headerRow fills the gaps of merged cells in all rows but the lowest.
func (w *walker) headerRow(cells []string, lowest bool) []string {
	out := make([]string, len(cells))
	group := ""
	for i, c := range cells {
		c = strings.Join(strings.Fields(c), " ")
		if w.o.Unpivot {
			c = footnote.ReplaceAllString(c, "")
		}
		if !lowest {
			if c != "" {
				group = c
			}
			c = group
		}
		out[i] = c
	}
	return out
}

func (w *walker) header() error {
	if w.o.Unpivot {
		w.names = append(w.names, "label")
		for i := range w.upper {
			w.names = append(w.names, "header_"+strconv.Itoa(i+1))
		}
		w.names = append(w.names, "value")
		w.fields = make([]string, len(w.names))
		return w.out.Header(w.names)
	}
	width := 0
	for _, r := range w.upper {
		width = max(width, len(r))
	}
	w.names = make([]string, width)
	seen := make(map[string]bool, width)
	for i := range width {
		var parts []string
		for row := range w.upper {
			if c := w.above(row, i); c != "" {
				parts = append(parts, c)
			}
		}
		name := strings.Join(parts, " / ")
		if name != "" && seen[name] {
			return fmt.Errorf("%w: column %q twice", ErrHeader, name)
		}
		seen[name], w.names[i] = true, name
	}
	w.fields = make([]string, width)
	return w.out.Header(w.names)
}

// above returns what one row of the header says over a column. A merged cell at
// the right end is stored once, so the last cell goes on.
func (w *walker) above(row, column int) string {
	r := w.upper[row]
	switch {
	case column < len(r):
		return r[column]
	case len(r) > 0 && row < len(w.upper)-1:
		return r[len(r)-1]
	}
	return ""
}

func (w *walker) wide(n int, cells []string) error {
	label := ""
	if i := w.o.LabelColumn - 1; i < len(cells) {
		label = footnote.ReplaceAllString(strings.Join(strings.Fields(cells[i]), " "), "")
	}
	if label == "" {
		return nil
	}
	last := len(w.upper) - 1
	for i, c := range cells {
		if i == w.o.LabelColumn-1 || c == "" || w.above(last, i) == "" {
			continue
		}
		w.fields[0] = label
		for row := range w.upper {
			w.fields[row+1] = w.above(row, i)
		}
		w.fields[len(w.fields)-1] = c
		w.record++
		cell, err := excelize.CoordinatesToCellName(i+1, n)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrTooLarge, err)
		}
		if err := w.out.Record(w.record, w.o.Sheet+"!"+cell, w.fields); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) table(n int, cells []string) error {
	if !slices.ContainsFunc(cells, func(c string) bool { return c != "" }) {
		return nil
	}
	w.record++
	position := w.o.Sheet + "!A" + strconv.Itoa(n)
	clear(w.fields)
	for i, c := range cells {
		if i < len(w.fields) {
			w.fields[i] = c
		} else if c != "" {
			return w.out.Broken(w.record, position, fmt.Errorf("%w: column %d, the header has %d", ErrRagged, i+1, len(w.fields)))
		}
	}
	return w.out.Record(w.record, position, w.fields)
}

// plain trims a cell and takes the noise of binary fractions off a number: a
// workbook stores 4.9 as 4.9000000000000004 and shows fifteen digits.
func plain(c string) string {
	c = strings.TrimSpace(c)
	if len(c) < 16 || !strings.ContainsAny(c, ".eE") || strings.Trim(c, "0123456789.eE+-") != "" {
		return c
	}
	f, err := strconv.ParseFloat(c, 64)
	if err != nil {
		return c
	}
	f, err = strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64)
	if err != nil {
		return c
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
