package simulate

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// book writes a workbook of one sheet that is read, and of others that are not. The
// first error is kept and returned by bytes.
type book struct {
	f     *excelize.File
	sheet string
	rows  *excelize.StreamWriter
	next  int // row, from 1
	err   error
}

func newBook(sheet string) *book {
	b := &book{f: excelize.NewFile(), sheet: sheet, next: 1}
	if b.err = b.f.SetSheetName("Sheet1", sheet); b.err == nil {
		b.rows, b.err = b.f.NewStreamWriter(sheet)
	}
	return b
}

// row writes cells as text, those of the given columns as numbers where they are
// numbers: some offices format a column, others type into it.
func (b *book) row(cells []string, numbers ...int) {
	values := make([]any, len(cells))
	for i, c := range cells {
		if c != "" {
			values[i] = c
		}
	}
	for _, i := range numbers {
		if v, err := strconv.ParseFloat(cells[i], 64); err == nil {
			values[i] = v
		}
	}
	if b.err == nil {
		b.err = b.rows.SetRow("A"+strconv.Itoa(b.next), values)
	}
	b.next++
}

// merge makes one cell of those from one to another.
func (b *book) merge(from, to string) {
	if b.err == nil {
		b.err = b.rows.MergeCell(from, to)
	}
}

// note adds a sheet of text that is no data.
func (b *book) note(name string, lines ...string) {
	if b.err == nil {
		_, b.err = b.f.NewSheet(name)
	}
	for i, l := range lines {
		if b.err == nil {
			b.err = b.f.SetCellStr(name, "A"+strconv.Itoa(i+1), l)
		}
	}
}

func (b *book) bytes() ([]byte, error) {
	defer b.f.Close() //nolint:errcheck // only written
	if b.err == nil {
		b.err = b.rows.Flush()
	}
	if b.err != nil {
		return nil, fmt.Errorf("write workbook %s: %w", b.sheet, b.err)
	}
	var out bytes.Buffer
	if err := b.f.Write(&out); err != nil {
		return nil, fmt.Errorf("write workbook %s: %w", b.sheet, err)
	}
	return out.Bytes(), nil
}
