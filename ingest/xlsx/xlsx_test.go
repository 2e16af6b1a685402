package xlsx_test

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

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

func FuzzDecode(f *testing.F) {
	f.Add(wide(f), true)
	f.Add(workbook(f, map[string]any{"A1": "a", "A2": 1}), false)
	f.Add([]byte("PK\x03\x04"), false)
	f.Fuzz(func(t *testing.T, body []byte, unpivot bool) {
		var got tape
		_ = xlsx.Decode(body, xlsx.Options{Unpivot: unpivot, MaxUnzipBytes: 1 << 20, MaxRows: 1000}, &got)
		if len(got.lines) > 0 && got.names == nil {
			t.Error("records before the header")
		}
	})
}
