package auyl_test

import (
	"encoding"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/auyl-kz/auyl"
)

// parseCase is a row of a table of a parser: wantErr nil means that the text is
// read and written back as want, which is the text itself where it is empty.
type parseCase struct {
	text    string
	want    string
	wantErr error
}

// parseTable holds a parser to its table and to the promise that a value that
// was refused is the zero value and that only the two errors come out.
func parseTable[T interface {
	comparable
	String() string
}](t *testing.T, parse func(string) (T, error), tests []parseCase) {
	t.Helper()
	for _, tt := range tests {
		got, err := parse(tt.text)
		if !errors.Is(err, tt.wantErr) || (err != nil) != (tt.wantErr != nil) {
			t.Errorf("parse(%q) error = %v, want %v", tt.text, err, tt.wantErr)
			continue
		}
		var zero T
		if err != nil {
			if got != zero {
				t.Errorf("parse(%q) = %v beside an error, want the zero value", tt.text, got)
			}
			continue
		}
		want := tt.want
		if want == "" {
			want = tt.text
		}
		if got.String() != want {
			t.Errorf("parse(%q) = %s, want %s", tt.text, got, want)
		}
	}
}

// roundTrip checks that a value is read back from its own text, also by
// UnmarshalText, and that reading and writing again changes nothing.
func roundTrip[T interface {
	comparable
	String() string
}, P interface {
	*T
	encoding.TextUnmarshaler
}](t interface{ Fatalf(string, ...any) }, parse func(string) (T, error), v T) {
	s := v.String()
	got, err := parse(s)
	if err != nil || got != v {
		t.Fatalf("parse(%q) = %v, %v, want the value it was written from", s, got, err)
	}
	if again := got.String(); again != s {
		t.Fatalf("%q is written again as %q", s, again)
	}
	var u T
	if err := P(&u).UnmarshalText([]byte(s)); err != nil || u != v {
		t.Fatalf("UnmarshalText(%q) = %v, %v, want the value it was written from", s, u, err)
	}
}

func mustPeriod(t *testing.T, s string) auyl.Period {
	t.Helper()
	p, err := auyl.ParsePeriod(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustDay(t *testing.T, s string) auyl.Day {
	t.Helper()
	d, err := auyl.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// frequencies are all of them, from the coarsest to the finest.
var frequencies = []auyl.Freq{auyl.FreqYear, auyl.FreqHalfYear, auyl.FreqQuarter, auyl.FreqMonth, auyl.FreqWeek, auyl.FreqDay}

// days draws a day of the years 1 to 9999, for which periods have a text.
func days() *rapid.Generator[auyl.Day] {
	first := auyl.DayOf(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC))
	last := auyl.DayOf(time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC))
	return rapid.Custom(func(t *rapid.T) auyl.Day {
		return auyl.Day(rapid.Int32Range(int32(first), int32(last)).Draw(t, "day"))
	})
}

func periods() *rapid.Generator[auyl.Period] {
	return rapid.Custom(func(t *rapid.T) auyl.Period {
		return auyl.NewPeriod(rapid.SampledFrom(frequencies).Draw(t, "freq"), days().Draw(t, "day"))
	})
}
