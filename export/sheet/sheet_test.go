package sheet_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/auyl-kz/auyl/export/sheet"
)

const sample = `["n","big","d","v","day","at","s","list"]
["Int32","Int64","Decimal(18, 4)","Nullable(Float64)","Date32","DateTime64(3, 'UTC')","LowCardinality(String)","Array(String)"]
[-5,"9007199254740993","12345678901234.5678",null,"2026-09-01","2026-09-01 10:30:00.250","=HYPERLINK(\"x\")",["a","b"]]
[7,"12","-1",0.1,"1850-01-01","2026-09-01 10:30:00","@SUM(1)",[]]
`

func write(t *testing.T, rows string) *excelize.File {
	t.Helper()
	var b bytes.Buffer
	if err := sheet.Write(&b, strings.NewReader(rows)); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestNumbersAreNumbersAndTextNeverRuns(t *testing.T) {
	t.Parallel()
	f := write(t, sample)
	for cell, want := range map[string]struct {
		text string
		typ  excelize.CellType
	}{
		"A1": {"n", excelize.CellTypeInlineString},
		"A2": {"-5", excelize.CellTypeUnset}, // a number has no type of its own
		"B2": {"9007199254740993", excelize.CellTypeInlineString},
		"B3": {"12", excelize.CellTypeUnset},
		"C2": {"12345678901234.5678", excelize.CellTypeInlineString}, // more digits than Excel keeps
		"C3": {"-1", excelize.CellTypeUnset},
		"D2": {"", excelize.CellTypeUnset},
		"D3": {"0.1", excelize.CellTypeUnset},
		"E2": {"2026-09-01", excelize.CellTypeUnset},
		"E3": {"1850-01-01", excelize.CellTypeInlineString}, // before Excel's first day
		"F2": {"2026-09-01 10:30:00", excelize.CellTypeUnset},
		"G2": {`=HYPERLINK("x")`, excelize.CellTypeInlineString},
		"G3": {"@SUM(1)", excelize.CellTypeInlineString},
		"H2": {`["a","b"]`, excelize.CellTypeInlineString},
	} {
		text, err := f.GetCellValue("Sheet1", cell)
		if err != nil {
			t.Fatal(err)
		}
		typ, err := f.GetCellType("Sheet1", cell)
		if err != nil {
			t.Fatal(err)
		}
		formula, err := f.GetCellFormula("Sheet1", cell)
		if text != want.text || typ != want.typ || formula != "" || err != nil {
			t.Errorf("%s = %q of type %v, formula %q, %v; want %q of type %v", cell, text, typ, formula, err, want.text, want.typ)
		}
	}
	panes, err := f.GetPanes("Sheet1")
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("header is not frozen: %+v, %v", panes, err)
	}
	rows, err := f.GetRows("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"n", "big", "d", "v", "day", "at", "s", "list"}, rows[0]); diff != "" {
		t.Errorf("header: %s", diff)
	}
}

func TestBrokenRowsAreRefused(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "[]\n[]\n", `["a"]`, `["a"]` + "\n" + `["Int8","Int8"]`, `["a"]` + "\n" + `["Int8"]` + "\n[1,2]", `["a"]` + "\n" + `["Int8"]` + "\n[1"} {
		if err := sheet.Write(io.Discard, strings.NewReader(in)); err == nil {
			t.Errorf("%q was written", in)
		}
	}
}

// TestTooManyRowsAreRefused: half of an answer is not given for the whole.
func TestTooManyRowsAreRefused(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("writes a full sheet: seconds")
	}
	r := io.MultiReader(strings.NewReader("[\"a\"]\n[\"UInt8\"]\n"), io.LimitReader(&repeat{"[1]\n"}, 4*(sheet.MaxRows+1)))
	if err := sheet.Write(io.Discard, r); !errors.Is(err, sheet.ErrTooManyRows) {
		t.Errorf("error = %v, want ErrTooManyRows", err)
	}
}

// repeat reads one text without end.
type repeat struct{ s string }

func (r *repeat) Read(p []byte) (int, error) {
	n := 0
	for len(p)-n >= len(r.s) {
		n += copy(p[n:], r.s)
	}
	if n == 0 {
		n = copy(p, r.s)
	}
	return n, nil
}

func FuzzWrite(f *testing.F) {
	f.Add(sample)
	f.Add("[\"a\"]\n[\"Date\"]\n[\"x\"]\n[{\"b\":1}]")
	f.Fuzz(func(t *testing.T, rows string) {
		var b bytes.Buffer
		if err := sheet.Write(&b, strings.NewReader(rows)); err != nil {
			return
		}
		x, err := excelize.OpenReader(&b)
		if err != nil {
			t.Fatalf("%q gave a workbook that does not open: %v", rows, err)
		}
		_ = x.Close()
	})
}
