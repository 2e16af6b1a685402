package auyl_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/auyl-kz/auyl"
)

// accepts is what every parser of the vocabulary owes: it refuses with one of the
// two errors, or what it accepted is written and read as the same value.
func accepts[T interface {
	comparable
	fmt.Stringer
}](t *testing.T, s string, parse func(string) (T, error)) (T, bool) {
	t.Helper()
	v, err := parse(s)
	if err != nil {
		if !errors.Is(err, auyl.ErrSyntax) && !errors.Is(err, auyl.ErrRange) {
			t.Fatalf("%q: %v is neither ErrSyntax nor ErrRange", s, err)
		}
		return v, false
	}
	if again, err := parse(v.String()); err != nil || again != v {
		t.Fatalf("%q is written as %q, which reads as %v, %v", s, v, again, err)
	}
	return v, true
}

func FuzzParsePeriod(f *testing.F) {
	for _, s := range []string{"2026", "2026-S1", "2026-Q3", "2026-M09", "2026-W53", "2024-02-29", "0001-W01", "9999-W52", "9999-12-31", "2026-Q0", "2026-Q3\n", "٢٠٢٦"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := accepts(t, s, auyl.ParsePeriod)
		if !ok {
			return
		}
		if p.String() != s {
			t.Fatalf("two spellings of one period: %q and %q", s, p)
		}
		if p.Start() >= p.End() || auyl.NewPeriod(p.Freq(), p.LastDay()) != p {
			t.Fatalf("%s runs from %s to %s", p, p.Start(), p.End())
		}
	})
}

func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"0", "-0", "1.5", "-0.0001", "922337203685477.5807", "922337203685477.5808", "1.50000", "1.00001", "1e9", "1 204,5", "."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		accepts(t, s, auyl.ParseDecimal)
	})
}

// dims gives Dims the Stringer that the type does without.
type dims auyl.Dims

func (d dims) String() string { return string(d) }

func FuzzParseDims(f *testing.F) {
	for _, s := range []string{"", "sex=female", "sex=female;locality=rural", "a1=x;a=y", "a=1;a=2", ";", "a=\x00", "a=é", "a=b=c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := accepts(t, s, func(s string) (dims, error) {
			d, err := auyl.ParseDims(s)
			return dims(d), err
		})
		if ok && len(d) != len(s) {
			t.Fatalf("%q lost bytes on the way to %q", s, d)
		}
	})
}

func FuzzParseAreaCode(f *testing.F) {
	for _, s := range []string{"000000000", "190000000", "191037102", "999999999", "19", "1910371o2", "19103710２"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, ok := accepts(t, s, auyl.ParseAreaCode)
		if ok && c.String() != s {
			t.Fatalf("two spellings of one code: %q and %q", s, c)
		}
	})
}
