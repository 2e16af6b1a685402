package xlsx_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/auyl-kz/auyl/ingest/xlsx"
)

type tape struct {
	names []string
	lines []string
}

func (t *tape) Header(names []string) error {
	t.names = names
	return nil
}

func (t *tape) Record(_ int, position string, fields []string) error {
	t.lines = append(t.lines, position+": "+strings.Join(fields, "|"))
	return nil
}

func (t *tape) Broken(_ int, position string, cause error) error {
	t.lines = append(t.lines, position+": ! "+cause.Error())
	return nil
}

// workbook builds a sheet from cells by name.
func workbook(tb testing.TB, cells map[string]any, merged ...[2]string) []byte {
	tb.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for _, cell := range slices.Sorted(maps.Keys(cells)) { // the same bytes each time
		v := cells[cell]
		if s, ok := v.(string); ok && strings.HasPrefix(s, "=") {
			if err := f.SetCellFormula("Sheet1", cell, s[1:]); err != nil {
				tb.Fatal(err)
			}
			continue
		}
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			tb.Fatal(err)
		}
	}
	for _, m := range merged {
		if err := f.MergeCell("Sheet1", m[0], m[1]); err != nil {
			tb.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func wide(tb testing.TB) []byte {
	tb.Helper()
	return workbook(tb, map[string]any{
		"A1": "Rate1)", "B3": "2014", "D3": "2015 2)", "B4": "I quarter", "C4": "year", "D4": "I quarter", "E4": "year2)",
		"A5": "Aul city 3)", "B5": 4.9000000000000004, "C5": "-", "D5": "  5.1 ", "E5": 5, "F5": "outside the header",
		"A6": " ", "B6": 1,
		"A8": "1) a footnote",
	}, [2]string{"B3", "C3"}, [2]string{"D3", "E3"})
}

func TestWideTableBecomesLong(t *testing.T) {
	t.Parallel()
	var got tape
	err := xlsx.Decode(wide(t), xlsx.Options{Sheet: "Sheet1", HeaderRows: []int{3, 4}, Unpivot: true}, &got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"label", "header_1", "header_2", "value"}, got.names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	want := []string{
		"Sheet1!B5: Aul city|2014|I quarter|4.9", "Sheet1!C5: Aul city|2014|year|-",
		"Sheet1!D5: Aul city|2015|I quarter|5.1", "Sheet1!E5: Aul city|2015|year|5",
	}
	if diff := cmp.Diff(want, got.lines); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	body := workbook(t, map[string]any{
		"A1": "code", "B1": "plan", "C1": "plan",
		"A2": "", "B2": "year", "C2": "month",
		"A3": 195259000, "B3": 1234.5, "C3": "=1+1",
		"A5": "195259000", "B5": "x", "D5": "too far right",
	})
	var got tape
	if err := xlsx.Decode(body, xlsx.Options{HeaderRows: []int{1, 2}}, &got); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Sheet1!A3: 195259000|1234.5|", // a formula without a saved value is empty
		"Sheet1!A5: ! cells outside the header: column 4, the header has 3",
	}
	if diff := cmp.Diff(want, got.lines); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"code", "plan / year", "plan / month"}, got.names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestRefusedWorkbooks(t *testing.T) {
	t.Parallel()
	good := wide(t)
	bomb := workbook(t, map[string]any{"A1": strings.Repeat("a", 30_000)})
	tests := []struct {
		name string
		body []byte
		o    xlsx.Options
		want error
	}{
		{"html", []byte("<html></html>"), xlsx.Options{}, xlsx.ErrNotWorkbook},
		{"empty", nil, xlsx.Options{}, xlsx.ErrNotWorkbook},
		{"half", good[:len(good)/2], xlsx.Options{}, xlsx.ErrNotWorkbook},
		{"bomb", bomb, xlsx.Options{MaxUnzipBytes: 10_000}, xlsx.ErrTooLarge},
		{"sheet", good, xlsx.Options{Sheet: "Лист1"}, xlsx.ErrSheet},
		{"short", good, xlsx.Options{HeaderRows: []int{40}}, xlsx.ErrHeader},
		{"rows", good, xlsx.Options{MaxRows: 4}, xlsx.ErrTooLarge},
		{"columns", good, xlsx.Options{MaxColumns: 3}, xlsx.ErrTooLarge},
		{"column twice", workbook(t, map[string]any{"A1": "a", "B1": "a"}), xlsx.Options{}, xlsx.ErrHeader},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := xlsx.Decode(tt.body, tt.o, &tape{}); !errors.Is(err, tt.want) {
				t.Errorf("Decode = %v, want %v", err, tt.want)
			}
		})
	}
}

// TestLargeWorkbooksReadAsSmallOnes reads workbooks as they unpack, which is done
// with large ones, and holds the records against those of the library.
func TestLargeWorkbooksReadAsSmallOnes(t *testing.T) {
	t.Parallel()
	rich := excelize.NewFile()
	t.Cleanup(func() { _ = rich.Close() })
	if _, err := rich.NewSheet("Лист 2"); err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(rich.SetSheetRow("Лист 2", "A1", &[]any{"code", "name", "on", "yes", "sum"}))
	must(rich.SetCellRichText("Лист 2", "B2", []excelize.RichTextRun{{Text: "Талд"}, {Text: "ықорған & <b>"}}))
	must(rich.SetSheetRow("Лист 2", "C2", &[]any{time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), true, 4.9000000000000004}))
	must(rich.SetSheetRow("Лист 2", "A7", &[]any{"_x000D_ text", "  blanks  ", nil, false, -0.5}))
	must(rich.SetCellFormula("Лист 2", "E8", "SUM(E2:E7)"))
	stream, err := rich.NewStreamWriter("Sheet1") // writes texts into cells
	must(err)
	must(stream.SetRow("A1", []any{"code", "name"}))
	must(stream.SetRow("A3", []any{"195259000", "x > y"}))
	must(stream.Flush())
	var b bytes.Buffer
	must(rich.Write(&b))
	tests := []struct {
		name string
		body []byte
		o    xlsx.Options
	}{
		{"wide", wide(t), xlsx.Options{Sheet: "Sheet1", HeaderRows: []int{3, 4}, Unpivot: true}},
		{"rich", b.Bytes(), xlsx.Options{Sheet: "Лист 2"}},
		{"texts in cells", b.Bytes(), xlsx.Options{}},
		{"short", wide(t), xlsx.Options{HeaderRows: []int{40}}},
		{"rows", wide(t), xlsx.Options{MaxRows: 4}},
		{"columns", wide(t), xlsx.Options{MaxColumns: 3}},
		{"sheet", wide(t), xlsx.Options{Sheet: "Лист1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var want, got tape
			wantErr := xlsx.Decode(tt.body, tt.o, &want)
			tt.o.StreamAbove = 1
			gotErr := xlsx.Decode(tt.body, tt.o, &got)
			if diff := cmp.Diff(want.names, got.names); diff != "" {
				t.Errorf("names (-library +ours):\n%s", diff)
			}
			if diff := cmp.Diff(want.lines, got.lines); diff != "" {
				t.Errorf("records (-library +ours):\n%s", diff)
			}
			if fmt.Sprint(wantErr) != fmt.Sprint(gotErr) {
				t.Errorf("Decode = %v, the library: %v", gotErr, wantErr)
			}
			if wantErr == nil && len(want.lines) == 0 {
				t.Error("no records: nothing was tried")
			}
		})
	}
}

// TestPiecesOfLargeWorkbooksAreBounded has one text that unpacks to more than is
// held at once.
func TestPiecesOfLargeWorkbooksAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 3<<20)
	for part, text := range map[string]string{
		"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row r="1"><c r="A1"><v>` + long + `</v></c></row></sheetData></worksheet>`,
		"xl/sharedStrings.xml":     `<sst><si><t>` + strings.Repeat("<t>"+long[:100_000]+"</t>", 30) + `</t></si></sst>`,
	} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, f := range [][2]string{
			{"xl/workbook.xml", `<workbook><sheets><sheet name="a" r:id="r1"/></sheets></workbook>`},
			{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>`},
			{part, text},
		} {
			w, err := z.Create(f[0])
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(f[1])); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		err := xlsx.Decode(b.Bytes(), xlsx.Options{StreamAbove: 1, MaxTextBytes: 1 << 20}, &tape{})
		if !errors.Is(err, xlsx.ErrTooLarge) {
			t.Errorf("%s: Decode = %v, want %v", part, err, xlsx.ErrTooLarge)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(wide(f), true)
	f.Add(workbook(f, map[string]any{"A1": "a", "A2": 1}), false)
	f.Add([]byte("PK\x03\x04"), false)
	f.Fuzz(func(t *testing.T, body []byte, unpivot bool) {
		var got tape
		_ = xlsx.Decode(body, xlsx.Options{Unpivot: unpivot, MaxUnzipBytes: 1 << 20, MaxRows: 1000}, &got)
		var large tape
		_ = xlsx.Decode(body, xlsx.Options{Unpivot: unpivot, MaxUnzipBytes: 1 << 20, MaxRows: 1000, StreamAbove: 1}, &large)
		if len(got.lines) > 0 && got.names == nil || len(large.lines) > 0 && large.names == nil {
			t.Error("records before the header")
		}
	})
}
