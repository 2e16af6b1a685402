package csv_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/ingest/csv"
)

// tape writes down what it is told, one line a call.
type tape struct {
	names []string
	lines []string
	width int
	stop  error
}

func (t *tape) Header(names []string) error {
	t.names = names
	t.width = len(names)
	return nil
}

func (t *tape) Record(_ int, position string, fields []string) error {
	t.lines = append(t.lines, position+": "+strings.Join(fields, "|"))
	return t.stop
}

func (t *tape) Broken(_ int, position string, cause error) error {
	t.lines = append(t.lines, position+": ! "+cause.Error())
	return t.stop
}

func TestRowsOfEveryDialect(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		o        csv.Options
		names    []string
		lines    []string
	}{
		{"comma", "a,b\n1,2\n", csv.Options{}, []string{"a", "b"}, []string{"line 2: 1|2"}},
		{"mark, semicolon, CR LF", "\ufeffа;б\r\n1;2,5\r\n", csv.Options{}, []string{"а", "б"}, []string{"line 2: 1|2,5"}},
		{"tab", "a\tb,c\n1\t2\n", csv.Options{}, []string{"a", "b,c"}, []string{"line 2: 1|2"}},
		{
			"quotes", "a;b\n\"x;\"\"y\"\"\n z\";2\n3;4",
			csv.Options{},
			[]string{"a", "b"},
			[]string{"line 2: x;\"y\"\n z|2", "line 4: 3|4"},
		},
		{"blank lines are no rows", "a;b\n\n;\n1;2\n\n", csv.Options{}, []string{"a", "b"}, []string{"line 4: 1|2"}},
		{
			"ragged rows", "a;b\n1\n1;2;3\n1;2\n",
			csv.Options{},
			[]string{"a", "b"},
			[]string{"line 2: ! number of fields: 1 fields, the header has 2", "line 3: ! number of fields: 3 fields, the header has 2", "line 4: 1|2"},
		},
		{
			"open quote costs one line", "a;b\n\"1;2\n3;4\n",
			csv.Options{},
			[]string{"a", "b"},
			[]string{"line 2: ! quoted field: no closing quote", "line 3: 3|4"},
		},
		{
			"text behind a quote", "a;b\n\"1\"x;2\n3;4\n",
			csv.Options{},
			[]string{"a", "b"},
			[]string{"line 2: ! quoted field: text behind the closing quote", "line 3: 3|4"},
		},
		{
			"long row", "a;b\n" + strings.Repeat("1", 40) + ";2\n3;4\n",
			csv.Options{MaxRowBytes: 20},
			[]string{"a", "b"},
			[]string{"line 2: ! row too long: more than 20 bytes", "line 3: 3|4"},
		},
		{
			"quote where a row is too long already", "a;b\n" + strings.Repeat("1", 20) + ";\"2\"\n3;4\n",
			csv.Options{MaxRowBytes: 20},
			[]string{"a", "b"},
			[]string{"line 2: ! row too long: more than 20 bytes", "line 3: 3|4"},
		},
		{
			"lines above a merged header", "title;;;\ncode;plan;;fact\n;year;month;sum\n1;2;3;4\n",
			csv.Options{SkipRows: 1, HeaderRows: 2},
			[]string{"code", "plan / year", "plan / month", "fact / sum"},
			[]string{"line 4: 1|2|3|4"},
		},
		{"windows-1251", "\xea\xee\xe4;\xf7\xe8\xf1\xeb\xee\n1;2\n", csv.Options{}, []string{"код", "число"}, []string{"line 2: 1|2"}},
		{"KZ-1048", "\xe0\xf3\xe4\xe0\xed;\x9d\xe0\xeb\xe0\n1;2\n", csv.Options{}, []string{"аудан", "қала"}, []string{"line 2: 1|2"}},
		{"KZ-1048 by contract only", "\xea\xee\xe4;\xb3\n1;\xa02\n", csv.Options{Encoding: "kz-1048"}, []string{"код", "і"}, []string{"line 2: 1|\u00a02"}},
		{"header alone", "a;b\n", csv.Options{}, []string{"a", "b"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got tape
			if err := csv.Decode([]byte(tt.in), tt.o, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.names, got.names); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.lines, got.lines); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPagesThatAreNoTables(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		o        csv.Options
		want     error
	}{
		{"html", "\n<!DOCTYPE html><html></html>", csv.Options{}, csv.ErrHTML},
		{"nul", "a;b\n1;\x00\n", csv.Options{}, csv.ErrNUL},
		{"utf-16", "\xff\xfea\x00;\x00", csv.Options{}, csv.ErrNUL},
		{"empty", "", csv.Options{}, csv.ErrHeader},
		{"column twice", "a;a\n", csv.Options{}, csv.ErrHeader},
		{"not utf-8", "a;b\n\xea;1\n", csv.Options{Encoding: "utf-8"}, csv.ErrEncoding},
		{"unknown encoding", "a;b\n", csv.Options{Encoding: "koi8"}, csv.ErrEncoding},
		{"rows", "a;b\n1;2\n1;2\n1;2\n", csv.Options{MaxRows: 2}, csv.ErrTooManyRows},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := csv.Decode([]byte(tt.in), tt.o, &tape{}); !errors.Is(err, tt.want) {
				t.Errorf("Decode(%q) = %v, want %v", tt.in, err, tt.want)
			}
		})
	}
}

func TestRecorderEndsDecode(t *testing.T) {
	t.Parallel()
	stop := errors.New("stop")
	got := tape{stop: stop}
	err := csv.Decode([]byte("a;b\n1;2\n3;4\n"), csv.Options{}, &got)
	if !errors.Is(err, stop) || len(got.lines) != 1 {
		t.Errorf("Decode = %v after %d rows, want %v after 1", err, len(got.lines), stop)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("a;b\n1;2\n\"x\ny\";3"), 1)
	f.Add([]byte("\ufeffа,б\r\n\"\"\"\",2\r\n"), 2)
	f.Add([]byte("\xea\xee\xe4\t\x9d\n1\t\xa0\n"), 1)
	f.Add([]byte("<html>"), 0)
	f.Fuzz(func(t *testing.T, body []byte, headerRows int) {
		if headerRows < 0 || headerRows > 3 {
			headerRows = 1
		}
		check := &checker{t: t}
		_ = csv.Decode(body, csv.Options{HeaderRows: headerRows, MaxRowBytes: 64}, check)
		if lines := strings.Count(strings.ReplaceAll(string(body), "\r", "\n"), "\n") + 1; check.rows > lines {
			t.Errorf("%d rows out of %d lines", check.rows, lines)
		}
	})
}

// checker holds every call to what Recorder promises.
type checker struct {
	t           *testing.T
	width, rows int
	header      bool
}

func (c *checker) Header(names []string) error {
	c.header, c.width = true, len(names)
	return nil
}

func (c *checker) Record(row int, _ string, fields []string) error {
	c.rows++
	if !c.header || row != c.rows || len(fields) != c.width {
		c.t.Errorf("Record(%d, %q): row %d, width %d, header %v", row, fields, c.rows, c.width, c.header)
	}
	return nil
}

func (c *checker) Broken(row int, _ string, cause error) error {
	c.rows++
	if !c.header || row != c.rows || cause == nil {
		c.t.Errorf("Broken(%d, %v): row %d, header %v", row, cause, c.rows, c.header)
	}
	return nil
}

func BenchmarkDecode(b *testing.B) {
	var page strings.Builder
	page.WriteString("kato;period;value\n")
	for range 10_000 {
		page.WriteString("195259000;2026-M09;12 345,5\n")
	}
	body := []byte(page.String())
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if err := csv.Decode(body, csv.Options{}, nothing{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(10_000*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

type nothing struct{}

func (nothing) Header([]string) error              { return nil }
func (nothing) Record(int, string, []string) error { return nil }
func (nothing) Broken(int, string, error) error    { return nil }
