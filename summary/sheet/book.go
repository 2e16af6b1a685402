package sheet

import (
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/auyl-kz/auyl/summary/document"
)

// open begins a sheet. The workbook comes with one, which the first takes over.
func (b *book) open(want string) {
	name := b.name(want)
	if len(b.names) == 1 {
		b.check(b.f.SetSheetName("Sheet1", name))
	} else if _, err := b.f.NewSheet(name); err != nil {
		b.check(err)
	}
	b.sheet, b.row, b.widths = name, 0, nil
}

// name makes of a title what Excel takes as the name of a sheet: at most 31
// characters, none of []:*?/\, no apostrophe at its ends, and no name twice.
func (b *book) name(want string) string {
	base := []rune(strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\`, r) {
			return ' '
		}
		return r
	}, clean(want)), " '"))
	for n := 1; ; n++ {
		end := ""
		if n > 1 || len(base) == 0 {
			end = " " + strconv.Itoa(n)
		}
		// Excel counts in UTF-16: a letter beyond the first plane counts twice.
		short := base
		for utf16Len(short)+len(end) > 31 {
			short = short[:len(short)-1]
		}
		name := strings.Trim(string(short)+end, " '")
		if key := strings.ToLower(name); !b.names[key] && key != "history" {
			b.names[key] = true
			return name
		}
	}
}

func utf16Len(r []rune) int {
	n := len(r)
	for _, c := range r {
		if c > 0xffff {
			n++
		}
	}
	return n
}

// close sets the widths of the columns that were written.
func (b *book) close() {
	for i, w := range b.widths {
		name, err := excelize.ColumnNumberToName(i + 1)
		b.check(err)
		b.check(b.f.SetColWidth(b.sheet, name, name, float64(max(9, w))))
	}
}

func (b *book) wide(column, width int) {
	for len(b.widths) <= column {
		b.widths = append(b.widths, 0)
	}
	b.widths[column] = max(b.widths[column], width)
}

func (b *book) line(style, text string) {
	b.row++
	if style == "" {
		style = "wrap"
	}
	b.text(1, text, style)
}

// text writes a string as a string, whatever it begins with.
func (b *book) text(column int, s, style string) {
	at := b.at(column)
	s = clean(s)
	if r := []rune(s); len(r) > maxCell {
		s = string(r[:maxCell-1]) + "…"
	}
	b.check(b.f.SetCellStr(b.sheet, at, s))
	if style != "" {
		b.check(b.f.SetCellStyle(b.sheet, at, at, b.style(style)))
	}
}

// number writes a number with its format; nothing where there is none.
func (b *book) number(column int, v *float64, format string) {
	if !known(v) {
		return
	}
	at := b.at(column)
	b.check(b.f.SetCellFloat(b.sheet, at, *v, -1, 64))
	b.check(b.f.SetCellStyle(b.sheet, at, at, b.style(format)))
}

func (b *book) at(column int) string {
	name, err := excelize.CoordinatesToCellName(column, b.row)
	b.check(err)
	return name
}

// style is one of the named ones, or a format of numbers.
func (b *book) style(name string) int {
	if id, ok := b.styles[name]; ok {
		return id
	}
	wrap := &excelize.Alignment{WrapText: true, Vertical: "top"}
	var s excelize.Style
	switch name {
	case "title":
		s = excelize.Style{Font: &excelize.Font{Bold: true, Size: 16}, Alignment: wrap}
	case "bold":
		s = excelize.Style{Font: &excelize.Font{Bold: true, Size: 12}}
	case "wrap":
		s = excelize.Style{Alignment: wrap}
	case "note":
		s = excelize.Style{Font: &excelize.Font{Italic: true, Color: "555B61"}, Alignment: &excelize.Alignment{Vertical: "top"}}
	case "head":
		s = excelize.Style{
			Font: &excelize.Font{Bold: true}, Alignment: wrap,
			Fill:   excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"ECEFF1"}},
			Border: []excelize.Border{{Type: "bottom", Color: "999999", Style: 1}},
		}
	case "General":
	default:
		s = excelize.Style{CustomNumFmt: &name}
	}
	id, err := b.f.NewStyle(&s)
	b.check(err)
	b.styles[name] = id
	return id
}

// check keeps the first error: a workbook is written whole or not at all.
func (b *book) check(err error) {
	if err != nil && b.err == nil {
		b.err = err
	}
}

func clean(s string) string { return document.Clean(s) }
