package sheet_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/auyl-kz/auyl/summary/document"
	"github.com/auyl-kz/auyl/summary/document/documenttest"
	"github.com/auyl-kz/auyl/summary/sheet"
)

func write(t *testing.T, d *document.Document) []byte {
	t.Helper()
	var a, b bytes.Buffer
	if err := sheet.Write(&a, d); err != nil {
		t.Fatal(err)
	}
	if err := sheet.Write(&b, d); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Fatal("two workbooks of one document differ")
	}
	return a.Bytes()
}

func open(t *testing.T, d *document.Document) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(write(t, d)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestNumbersAreNumbersWithTheirFormat(t *testing.T) {
	d := documenttest.Oblast(t, "kk")
	f := open(t, d)
	table := d.Sections[1].Tables[0]
	for r, row := range table.Rows {
		for c, cell := range row {
			at, err := excelize.CoordinatesToCellName(c+1, r+3)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := f.GetCellValue(table.Theme, at, excelize.Options{RawCellValue: true})
			if err != nil {
				t.Fatal(err)
			}
			kind, err := f.GetCellType(table.Theme, at)
			if err != nil {
				t.Fatal(err)
			}
			if cell.Value == nil {
				if raw != cell.Text || kind != excelize.CellTypeSharedString {
					t.Errorf("%s is %q of type %d, want the text %q", at, raw, kind, cell.Text)
				}
				continue
			}
			var got float64
			if err := json.Unmarshal([]byte(raw), &got); err != nil || got != *cell.Value || kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
				t.Errorf("%s is %q of type %d, want the number %v", at, raw, kind, *cell.Value)
			}
		}
	}
	// As Excel shows it: the point and the blank are those of the reader's machine.
	for at, want := range map[string]string{"B3": "289,513", "C6": "5.6ᴾ"} {
		if got, err := f.GetCellValue(table.Theme, at); err != nil || got != want {
			t.Errorf("%s shows %q, %v, want %q", at, got, err, want)
		}
	}
}

func TestEachThemeHasASheetWhoseHeadStays(t *testing.T) {
	d := documenttest.Oblast(t, "ru")
	f := open(t, d)
	want := []string{"Алматинская область", "Общее", "Бюджет", "Данные рисунка", "Откуда взяты числа"}
	if got := f.GetSheetList(); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Fatalf("sheets %q, want %q", got, want)
	}
	for _, name := range []string{"Общее", "Бюджет"} {
		p, err := f.GetPanes(name)
		if err != nil || !p.Freeze || p.YSplit != 2 || p.XSplit != 1 {
			t.Errorf("%s: panes %+v, %v, want the title and the head frozen", name, p, err)
		}
		if w, err := f.GetColWidth(name, "A"); err != nil || w < 15 {
			t.Errorf("%s: first column is %g wide, %v", name, w, err)
		}
	}
	rows, err := f.GetRows("Откуда взяты числа")
	if err != nil || len(rows) != len(d.References())+1 {
		t.Errorf("%d rows of references, %v, want one for each of %d numbers", len(rows), err, len(d.References()))
	}
}

func TestNothingRuns(t *testing.T) {
	nan := math.NaN()
	one := 1.0
	bad := []string{"=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(\"http://x\")", "\t=1", "\x00=1", strings.Repeat("ұ", 40000), "\ufffe", "]]>"}
	var tables []document.Table
	for _, s := range bad {
		f := &document.Figure{Mark: s, Explain: s, Coverage: nan}
		tables = append(tables, document.Table{
			Title: s, Theme: s, Note: s, Heads: []document.Head{{Text: s, Unit: s}},
			Rows: [][]document.Cell{{{Text: s, Figure: f}, {Text: s, Value: &nan}, {Value: &one, Decimals: 99, Figure: f}}, nil},
		})
	}
	d := &document.Document{Title: "=1", AreaName: `History`, Lang: "kk", Sections: []document.Section{{Tables: tables, Title: "[:*?/]"}}}
	for _, s := range bad {
		d.Notices = append(d.Notices, document.Notice{Text: s})
		d.Sections[0].Sentences = append(d.Sections[0].Sentences, document.Sentence{{Text: s}})
	}
	f := open(t, d)
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		for r, row := range rows {
			for c := range row {
				at, err := excelize.CoordinatesToCellName(c+1, r+1)
				if err != nil {
					t.Fatal(err)
				}
				if formula, err := f.GetCellFormula(name, at); err != nil || formula != "" {
					t.Errorf("%s!%s runs %q, %v", name, at, formula, err)
				}
			}
		}
	}
	if got, err := f.GetCellValue(f.GetSheetName(0), "A1"); err != nil || got != "=1" {
		t.Errorf("title is %q, %v, want =1 as text", got, err)
	}
}

func TestEmptyDocumentIsAWorkbook(t *testing.T) {
	if n := len(open(t, &document.Document{}).GetSheetList()); n != 1 {
		t.Errorf("%d sheets, want one", n)
	}
}
