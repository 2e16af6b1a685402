// Package sheet gives a document the form of a workbook: the words first, then
// a sheet for each theme with real numbers, the data of the charts, and the
// command behind each number. No cell runs: what begins like a formula stays
// text. Equal documents give equal bytes.
package sheet

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"github.com/auyl-kz/auyl/summary/chart"
	"github.com/auyl-kz/auyl/summary/document"
)

// maxCell is how many characters a cell holds.
const maxCell = 32767

// Write writes the document as a workbook.
func Write(w io.Writer, d *document.Document) (err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	b := &book{f: f, d: d, names: map[string]bool{}, styles: map[string]int{}}
	if err := b.fill(); err != nil {
		return fmt.Errorf("write workbook of %s %s %s: %w", d.Summary, d.Area, d.Period, err)
	}
	if _, err := f.WriteTo(w); err != nil {
		return fmt.Errorf("write workbook of %s %s %s: %w", d.Summary, d.Area, d.Period, err)
	}
	return nil
}

// book is a workbook being written.
type book struct {
	f      *excelize.File
	d      *document.Document
	names  map[string]bool // of the sheets, in lower case
	styles map[string]int
	sheet  string
	row    int
	widths []int
	err    error // of the first call that did not work
}

func (b *book) fill() error {
	when := b.d.AsOf.UTC().Format(time.RFC3339)
	b.check(b.f.SetDocProps(&excelize.DocProperties{
		Title: clean(b.d.Title), Subject: clean(b.d.AreaName + ", " + b.d.PeriodText), Creator: "auyl",
		LastModifiedBy: "auyl", Created: when, Modified: when, Language: clean(b.d.Lang),
	}))
	b.words()
	for _, t := range b.themes() {
		b.open(t.name)
		b.tables(t.tables)
		b.close()
	}
	if pictures := b.pictures(); len(pictures) > 0 {
		b.open(b.d.Labels.Table)
		b.tables(pictures)
		b.close()
	}
	b.references()
	b.f.SetActiveSheet(0)
	return b.err
}

// theme is what one sheet gathers.
type theme struct {
	name   string
	tables []document.Table
}

func (b *book) themes() []theme {
	var out []theme
	at := map[string]int{}
	front, annex := b.d.Contents()
	for _, s := range append(front, annex...) {
		for _, t := range s.Tables {
			name := t.Theme
			if name == "" {
				name = s.Title
			}
			i, ok := at[name]
			if !ok {
				i = len(out)
				at[name] = i
				out = append(out, theme{name: name})
			}
			out[i].tables = append(out[i].tables, t)
		}
	}
	return out
}

// pictures are the tables that stand for the charts.
func (b *book) pictures() []document.Table {
	var out []document.Table
	front, annex := b.d.Contents()
	for _, s := range append(front, annex...) {
		for i := range s.Charts {
			t := chart.Table(chart.Picture{Chart: &s.Charts[i], Lang: b.d.Lang, Labels: &b.d.Labels})
			if len(t.Rows) > 0 {
				out = append(out, t)
			}
		}
	}
	return out
}

// words is the first sheet: what a reader of the other forms reads as text.
func (b *book) words() {
	b.open(b.d.AreaName)
	b.line("title", b.d.Title)
	b.line("", b.d.AreaName+", "+b.d.PeriodText)
	b.line("", b.d.Labels.AsOf+": "+b.d.AsOfText)
	for _, n := range b.d.Notices {
		b.line("note", n.Text)
	}
	front, annex := b.d.Contents()
	for _, s := range append(front, annex...) {
		if len(s.Sentences) == 0 && s.Empty == "" {
			continue
		}
		b.row++
		b.line("bold", s.Title)
		for _, sentence := range s.Sentences {
			var text strings.Builder
			for _, r := range sentence {
				text.WriteString(r.Text + r.Figure.Beside(r.Text))
			}
			b.line("", text.String())
		}
		if s.Empty != "" {
			b.line("note", s.Empty)
		}
	}
	b.legend()
	b.widths = []int{100}
	b.close()
}

func (b *book) legend() {
	if len(b.d.Marks) > 0 {
		b.row++
		b.line("bold", b.d.Labels.Marks)
		for _, m := range b.d.Marks {
			b.line("", m.Sign+" "+m.Text)
		}
	}
	if len(b.d.Sources) > 0 {
		b.row++
		b.line("bold", b.d.Labels.Sources)
		for _, s := range b.d.Sources {
			line := s.Name
			if s.Newest != "" {
				line += ", " + s.Newest
			}
			if s.Synthetic && b.d.Labels.Synthetic != "" {
				line += " (" + b.d.Labels.Synthetic + ")"
			}
			b.line("", line)
		}
	}
}

// tables writes the tables below each other. The head of a lone table stays in
// sight; where there are several, the names at the left do.
func (b *book) tables(tables []document.Table) {
	for i, t := range tables {
		if i > 0 {
			b.row++
		}
		b.row++
		b.text(1, t.Title, "bold")
		b.row++
		head := b.row
		for c, h := range t.Heads {
			text := h.Text
			if h.Unit != "" {
				text = strings.TrimLeft(text+", "+h.Unit, ", ")
			}
			b.text(c+1, text, "head")
			b.wide(c, min(24, utf8.RuneCountInString(text)+2))
		}
		for _, row := range t.Rows {
			b.row++
			for c, cell := range row {
				b.cell(c+1, cell)
			}
		}
		if t.Note != "" {
			b.row++
			b.text(1, t.Note, "note")
		}
		if i == 0 {
			b.freeze(head, len(tables) == 1)
		}
	}
}

func (b *book) freeze(head int, rows bool) {
	p := &excelize.Panes{Freeze: true, XSplit: 1, TopLeftCell: "B1", ActivePane: "topRight"}
	if rows {
		p.YSplit, p.TopLeftCell, p.ActivePane = head, fmt.Sprintf("B%d", head+1), "bottomRight"
	}
	b.check(b.f.SetPanes(b.sheet, p))
}

// references is a sheet with a row for each number: its cell, how far it is to
// be believed and its command. Its head has the names that JSON uses.
func (b *book) references() {
	refs := b.d.References()
	if len(refs) == 0 {
		return
	}
	b.open(document.Capital(b.d.Labels.Explain))
	b.row = 1
	for i, h := range []string{"text", "value", "indicator", "area", "period", "status", "coverage", "explain"} {
		b.text(i+1, h, "head")
		b.wide(i, 14)
	}
	b.freeze(1, true)
	for _, r := range refs {
		f := r.Figure
		b.row++
		b.text(1, r.Text+f.Beside(r.Text), "")
		b.number(2, f.Value, "General")
		b.text(3, string(f.Indicator), "")
		b.text(4, f.Area.String(), "")
		b.text(5, f.Period.String(), "")
		b.text(6, f.Status, "")
		b.number(7, &f.Coverage, "0%")
		b.text(8, f.Explain, "")
		b.wide(2, min(44, len(f.Indicator)+2))
		b.wide(7, min(100, utf8.RuneCountInString(f.Explain)+2))
	}
	b.close()
}

// cell writes a number as one, with its mark as part of its format.
func (b *book) cell(column int, c document.Cell) {
	mark := ""
	if c.Figure != nil {
		mark = c.Figure.Mark
	}
	if !known(c.Value) {
		b.text(column, c.Text+c.Figure.Beside(c.Text), "")
		b.wide(column-1, min(40, utf8.RuneCountInString(c.Text)+2))
		return
	}
	format := "#,##0"
	if n := min(max(c.Decimals, 0), 9); n > 0 {
		format += "." + strings.Repeat("0", n)
	}
	// A mark that has a meaning of its own in a format is left to the other forms.
	if mark != "" && len(mark) < 16 && !strings.ContainsAny(clean(mark), `"\;[]@`) {
		format += `"` + clean(mark) + `"`
	}
	b.number(column, c.Value, format)
	b.wide(column-1, 12)
}

func known(v *float64) bool { return v != nil && !math.IsNaN(*v) && !math.IsInf(*v, 0) }
