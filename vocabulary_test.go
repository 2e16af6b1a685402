package auyl_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl"
)

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want auyl.Decimal
		err  error
	}{
		{"0", 0, nil},
		{"-0", 0, nil},
		{"1.5", 15_000, nil},
		{"-0.0001", -1, nil},
		{"007", 70_000, nil},
		{"1.50000000", 15_000, nil},
		{"922337203685477.5807", math.MaxInt64, nil},
		{"-922337203685477.5807", -math.MaxInt64, nil},
		{"922337203685477.5808", 0, auyl.ErrRange},
		{"99999999999999999999999999999999999999", 0, auyl.ErrRange},
		{"1.00001", 0, auyl.ErrRange},
		{"", 0, auyl.ErrSyntax},
		{"-", 0, auyl.ErrSyntax},
		{".5", 0, auyl.ErrSyntax},
		{"5.", 0, auyl.ErrSyntax},
		{"+1", 0, auyl.ErrSyntax},
		{"--1", 0, auyl.ErrSyntax},
		{"1,5", 0, auyl.ErrSyntax},
		{"1 204", 0, auyl.ErrSyntax},
		{"1e3", 0, auyl.ErrSyntax},
		{"NaN", 0, auyl.ErrSyntax},
		{"1.2.3", 0, auyl.ErrSyntax},
		{"٢", 0, auyl.ErrSyntax},
		{strings.Repeat("0", auyl.MaxDecimalText+1), 0, auyl.ErrSyntax},
	}
	for _, tt := range tests {
		got, err := auyl.ParseDecimal(tt.in)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("ParseDecimal(%q) = %d, %v, want %d, %v", tt.in, got, err, tt.want, tt.err)
		}
	}
}

// TestErrorsStayShort keeps a hostile cell of a megabyte out of the logs.
func TestErrorsStayShort(t *testing.T) {
	t.Parallel()
	if _, err := auyl.ParseDecimal(strings.Repeat("я", 1<<20)); err == nil || len(err.Error()) > 200 {
		t.Errorf("ParseDecimal of a megabyte: an error of %d bytes", len(err.Error()))
	}
}

func TestDecimalOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   float64
		want auyl.Decimal
		err  error
	}{
		{0.00005, 0, nil}, // half of the last place: to even
		{0.00025, 2, nil},
		{0.00035, 4, nil},
		{-0.00035, -4, nil},
		{1.0 / 3, 3333, nil},
		{9.2e14, 9_200_000_000_000_000_000, nil},
		{9.3e14, 0, auyl.ErrRange},
		{-9.3e14, 0, auyl.ErrRange},
		{math.NaN(), 0, auyl.ErrRange},
		{math.Inf(1), 0, auyl.ErrRange},
		{math.Inf(-1), 0, auyl.ErrRange},
	}
	for _, tt := range tests {
		got, err := auyl.DecimalOf(tt.in)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("DecimalOf(%v) = %d, %v, want %d, %v", tt.in, got, err, tt.want, tt.err)
		}
	}
}

func TestParseAreaCodeRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "19", "1910000000", "19100000", "19100000a", " 91000000", "191 00000", "-91000000", "１９1000"} {
		if c, err := auyl.ParseAreaCode(s); !errors.Is(err, auyl.ErrSyntax) || c != 0 {
			t.Errorf("ParseAreaCode(%q) = %s, %v, want ErrSyntax", s, c, err)
		}
	}
}

func TestNamesRefuse(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "Births", "1births", "_births", "live-births", "live births", "live.", ".live", "a..b", "рождения", strings.Repeat("a", 65), "a.*", "a>"} {
		if _, err := auyl.ParseSeriesID(s); !errors.Is(err, auyl.ErrSyntax) {
			t.Errorf("ParseSeriesID(%q): %v, want ErrSyntax", s, err)
		}
		if _, err := auyl.ParseIndicatorID(s); !errors.Is(err, auyl.ErrSyntax) {
			t.Errorf("ParseIndicatorID(%q): %v, want ErrSyntax", s, err)
		}
		if _, err := auyl.ParseSourceID(s); !errors.Is(err, auyl.ErrSyntax) {
			t.Errorf("ParseSourceID(%q): %v, want ErrSyntax", s, err)
		}
	}
	for _, s := range []string{"bns", "bns.a.b", "bns.*"} {
		if _, err := auyl.ParseSourceID(s); !errors.Is(err, auyl.ErrSyntax) {
			t.Errorf("ParseSourceID(%q): %v, want ErrSyntax", s, err)
		}
	}
}

func TestParseDims(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want auyl.Dims
		err  error
	}{
		{"", "", nil},
		{"sex=female", "sex=female", nil},
		{"sex=female;locality=rural", "locality=rural;sex=female", nil},
		{"a1=x;a=y", "a=y;a1=x", nil}, // by name, although = sorts behind the digits
		{"species=ІҚМ ірі", "species=ІҚМ ірі", nil},
		{"sex=female;sex=male", "", auyl.ErrSyntax},
		{"sex=female;sex=female", "", auyl.ErrSyntax},
		{"a=1;a1=2;a=3", "", auyl.ErrSyntax},
		{"sex", "", auyl.ErrSyntax},
		{"sex=", "", auyl.ErrSyntax},
		{"=x", "", auyl.ErrSyntax},
		{"sex=a=b", "", auyl.ErrSyntax},
		{"sex=a;", "", auyl.ErrSyntax},
		{";", "", auyl.ErrSyntax},
		{"sex=a\nb", "", auyl.ErrSyntax},
		{"sex=" + strings.Repeat("a", 129), "", auyl.ErrSyntax},
	}
	for _, tt := range tests {
		got, err := auyl.ParseDims(tt.in)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("ParseDims(%q) = %q, %v, want %q, %v", tt.in, got, err, tt.want, tt.err)
		}
	}
}

func TestNestsKnowsTheTree(t *testing.T) {
	t.Parallel()
	want := map[auyl.Freq]string{
		auyl.FreqYear: "ASQMD", auyl.FreqHalfYear: "SQMD", auyl.FreqQuarter: "QMD",
		auyl.FreqMonth: "MD", auyl.FreqWeek: "WD", auyl.FreqDay: "D",
	}
	for coarse, fines := range want {
		for _, fine := range freqs() {
			if got := auyl.Nests(coarse, fine); got != strings.Contains(fines, fine.String()) {
				t.Errorf("Nests(%s, %s) = %v", coarse, fine, got)
			}
		}
	}
}

func TestAnAreaLivesInItsInterval(t *testing.T) {
	t.Parallel()
	a := auyl.Area{ValidFrom: dayOf(t, "2022-06-08"), ValidTo: dayOf(t, "2024-01-01")}
	for s, want := range map[string]bool{"2022-06-07": false, "2022-06-08": true, "2023-12-31": true, "2024-01-01": false} {
		if got := a.Valid(dayOf(t, s)); got != want {
			t.Errorf("Valid(%s) = %v, want %v", s, got, want)
		}
	}
	a.ValidTo = auyl.MaxDay
	if !a.Valid(auyl.MaxDay-1) || auyl.MaxDay.String() != "" {
		t.Error("an area without an end ends")
	}
}

// TestNoYearBefore covers what has no label a year earlier besides the vectors.
func TestNoYearBefore(t *testing.T) {
	t.Parallel()
	for _, p := range []auyl.Period{{}, periodOf(t, "0001"), periodOf(t, "0001-12-31"), periodOf(t, "9999").Shift(1)} {
		if got, err := p.SamePeriodLastYear(); !errors.Is(err, auyl.ErrRange) {
			t.Errorf("%q a year before = %s, %v, want ErrRange", p, got, err)
		}
	}
}

// TestEveryDecimalHasItsNegative is why the least int64 is no sum.
func TestEveryDecimalHasItsNegative(t *testing.T) {
	t.Parallel()
	if d, err := auyl.Decimal(-math.MaxInt64).Add(-1); !errors.Is(err, auyl.ErrRange) {
		t.Errorf("Add = %d, %v, want ErrRange", d, err)
	}
	if d, err := auyl.Decimal(-math.MaxInt64 + 1).Add(-1); err != nil || d != -math.MaxInt64 {
		t.Errorf("Add = %d, %v, want %d", d, err, -math.MaxInt64)
	}
}

func TestEmptyStatuses(t *testing.T) {
	t.Parallel()
	for _, s := range []byte("ABCEIMP") {
		if got := auyl.Status(s).Empty(); got != (s == 'M' || s == 'C') {
			t.Errorf("Status(%c).Empty() = %v", s, got)
		}
	}
}
