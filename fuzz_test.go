package auyl_test

import (
	"errors"
	"testing"

	"github.com/auyl-kz/auyl"
)

// known reports whether an error is one of those that the parsers promise.
func known(err error) bool { return errors.Is(err, auyl.ErrSyntax) != errors.Is(err, auyl.ErrRange) }

func FuzzParsePeriod(f *testing.F) {
	for _, s := range []string{
		"2026", "2026-S1", "2026-Q3", "2026-M09", "2026-W53", "2024-02-29", "0001", "9999-12-31", "0000", "2025-W53",
		"2026-Q5", "2026-M00", "2026-13-01", "2026–Q3", "", "2026-Q", "٢٠٢٦", "2026-09-14T00:00:00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := auyl.ParsePeriod(s)
		if err != nil {
			if !known(err) || !p.IsZero() {
				t.Fatalf("ParsePeriod(%q) = %v, %v", s, p, err)
			}
			return
		}
		if p.String() != s {
			t.Fatalf("ParsePeriod(%q) is written %q: a period has one spelling", s, p)
		}
		if p.End() <= p.Start() || auyl.NewPeriod(p.Freq(), p.LastDay()) != p {
			t.Fatalf("%q is [%s, %s)", s, p.Start(), p.End())
		}
		if q, err := p.SamePeriodLastYear(); err != nil && !known(err) || err == nil && q.Start() >= p.Start() {
			t.Fatalf("year before %q = %v, %v", s, q, err)
		}
	})
}

func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{
		"0", "-0", "1.5", "-12.0001", "922337203685477.5807", "-922337203685477.5808", "1844674407370955.1616",
		"0.00000", "1.00001", "1e3", "1,5", ".5", "5.", "--1", "NaN", "9999999999999999999999x", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := auyl.ParseDecimal(s)
		if err != nil {
			if !known(err) || d != 0 || len(err.Error()) > 400 {
				t.Fatalf("ParseDecimal(%q) = %v, %v", s, d, err)
			}
			return
		}
		text := d.String()
		again, err := auyl.ParseDecimal(text)
		if err != nil || again != d || len(text) > len(s) {
			t.Fatalf("ParseDecimal(%q) is written %q and read as %d, %v, want %d", s, text, again, err, d)
		}
		if neg := -d; neg != 0 && (neg < 0) == (d < 0) {
			t.Fatalf("ParseDecimal(%q) = %d has no negative", s, d)
		}
	})
}

func FuzzParseDims(f *testing.F) {
	for _, s := range []string{
		"", "sex=female", "sex=female;locality=rural", "a1=x;a=y", "a=x;a=y", "a=x;a1=z;a=x", ";", "a=", "=x", "a=x=y", "a=\xff", "a= ",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := auyl.ParseDims(s)
		if err != nil {
			if !errors.Is(err, auyl.ErrSyntax) || d != "" {
				t.Fatalf("ParseDims(%q) = %q, %v", s, d, err)
			}
			return
		}
		if again, err := auyl.ParseDims(string(d)); err != nil || again != d || len(d) != len(s) {
			t.Fatalf("ParseDims(%q) = %q, read again as %q, %v", s, d, again, err)
		}
	})
}

func FuzzParseAreaCode(f *testing.F) {
	for _, s := range []string{"190000000", "195234102", "000000000", "000000001", "999999999", "19520000", "1952000000", "19520000O", "１２３", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := auyl.ParseAreaCode(s)
		if err != nil {
			if !errors.Is(err, auyl.ErrSyntax) || a != 0 {
				t.Fatalf("ParseAreaCode(%q) = %s, %v", s, a, err)
			}
			return
		}
		if a == 0 || a.String() != s {
			t.Fatalf("ParseAreaCode(%q) = %d, written %s", s, uint32(a), a)
		}
	})
}
