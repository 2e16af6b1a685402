package csv_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/ingest/csv"
)

// split decodes a file by its parts and writes down what it is told, and how many
// parts there were.
func split(in io.Reader, o csv.Options, l csv.Limits) (t tape, parts int, err error) {
	before := 0
	err = csv.Split(in, o, l, func(p csv.Part) error {
		parts++
		if p.Before != before {
			return fmt.Errorf("part %d: %d records before, want %d", parts, p.Before, before)
		}
		before += p.Records
		o := o
		o.RecordsBefore, o.LinesBefore = p.Before, p.Lines
		had := len(t.lines)
		if err := csv.Decode(p.Body, o, &t); err != nil {
			return err
		}
		if n := len(t.lines) - had; n != p.Records {
			return fmt.Errorf("part %d: %d records, it says %d", parts, n, p.Records)
		}
		return nil
	})
	return t, parts, err
}

func TestPartsOfAFileSayWhatTheFileSays(t *testing.T) {
	t.Parallel()
	rows := func(n int, row string) string { return strings.Repeat(row, n) }
	tests := []struct {
		name, in string
		o        csv.Options
		parts    int
	}{
		{"plain", "a;b\n" + rows(10, "1;2\n"), csv.Options{}, 3},
		{"mark and no line break at the end", "\ufeffа;б\r\n" + rows(8, "1;2\r\n") + "3;4", csv.Options{}, 3},
		{"line breaks in quotes", "a;b\n" + rows(9, "\"x\n\ny\";2\n"), csv.Options{}, 3},
		{"a quote that does not end", "a;b\n1;2\n\"3;4\n" + rows(9, "5;6\n"), csv.Options{}, 3},
		{"blank lines", "a;b\n" + rows(9, "\n;\n1;2\n"), csv.Options{}, 3},
		{"ragged", "a;b\n" + rows(9, "1\n"), csv.Options{}, 3},
		{"long rows", "a;b\n" + rows(3, strings.Repeat("x", 300)+";1\n2;3\n"), csv.Options{}, 2},
		{"lines above two rows of header", "title\n\na;;b\nx;y;z\n" + rows(9, "1;2;3\n"), csv.Options{SkipRows: 1, HeaderRows: 2}, 3},
		{"windows-1251", "\xea\xee\xe4;\xf7\n" + rows(5, "1;\xa0\n\xa0;\xa0\n"), csv.Options{Encoding: "windows-1251"}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.o.MaxRowBytes = 64
			var want tape
			if err := csv.Decode([]byte(tt.in), tt.o, &want); err != nil {
				t.Fatal(err)
			}
			for _, in := range []io.Reader{strings.NewReader(tt.in), iotest.OneByteReader(strings.NewReader(tt.in))} {
				got, parts, err := split(in, tt.o, csv.Limits{Bytes: 1 << 10, Records: 4})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want.lines, got.lines); diff != "" {
					t.Errorf("records (-file +parts):\n%s", diff)
				}
				if parts != tt.parts {
					t.Errorf("%d parts, want %d", parts, tt.parts)
				}
			}
		})
	}
}

func TestFilesThatAreNotSplit(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]error{
		"":                                  csv.ErrHeader,
		"<html>":                            csv.ErrHTML,
		"a;b\n1;\x00\n":                     csv.ErrNUL,
		"\xff\xfea\x00":                     csv.ErrNUL,
		"a;a\n1;2\n":                        csv.ErrHeader,
		strings.Repeat("a", 90) + "\n1":     csv.ErrHeader,
		"a;b\n" + strings.Repeat("x", 2000): csv.ErrRowTooLong,
	} {
		if _, _, err := split(strings.NewReader(in), csv.Options{MaxRowBytes: 64}, csv.Limits{Bytes: 1 << 10, Records: 4}); !errors.Is(err, want) {
			t.Errorf("Split(%.20q) = %v, want %v", in, err, want)
		}
	}
	broken := errors.New("broken")
	if _, _, err := split(iotest.ErrReader(broken), csv.Options{}, csv.Limits{Bytes: 10, Records: 1}); !errors.Is(err, broken) {
		t.Errorf("Split = %v, want %v", err, broken)
	}
}

// FuzzSplit holds parts of foreign bytes against the whole of them.
func FuzzSplit(f *testing.F) {
	f.Add([]byte("a;b\n1;2\n\"x\ny\";3\n\"4;5\n6;\"7\"8\n"), uint64(1))
	f.Add([]byte("a\r\n\r\n\"\"\"\r\n\"\"\n"), uint64(7))
	f.Fuzz(func(t *testing.T, seed []byte, n uint64) {
		if len(seed) == 0 {
			return
		}
		r := rand.New(rand.NewPCG(n, 0))
		in := append([]byte("a;b\n"), seed...)
		for len(in) < 2000 { // of its pieces, so that the windows move
			i := r.IntN(len(seed))
			in = append(in, seed[i:i+r.IntN(len(seed)-i)+1]...)
			if r.IntN(3) == 0 {
				in = append(in, '\n')
			}
		}
		o := csv.Options{MaxRowBytes: 50, Encoding: "kz-1048", Delimiter: ';'}
		var want tape
		if err := csv.Decode(in, o, &want); err != nil {
			return
		}
		got, _, err := split(bytes.NewReader(in), o, csv.Limits{Bytes: 200, Records: 20})
		if errors.Is(err, csv.ErrRowTooLong) || errors.Is(err, csv.ErrHTML) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		// What is wrong with a quote is told by what stands behind it, which may be
		// in the next part; that it is wrong is told alike.
		for _, lines := range [][]string{want.lines, got.lines} {
			for i, l := range lines {
				if at, _, broken := strings.Cut(l, "! "); broken {
					lines[i] = at + "!"
				}
			}
		}
		if diff := cmp.Diff(want.lines, got.lines); diff != "" {
			t.Errorf("records (-file +parts) of %q:\n%s", in, diff)
		}
	})
}
