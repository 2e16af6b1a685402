package auyl_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/auyl-kz/auyl"
)

func TestDayErrorsAndSpelling(t *testing.T) {
	t.Parallel()
	parseTable(t, auyl.ParseDay, []parseCase{
		{text: "1970-01-01"},
		{text: "0001-01-01"},
		{text: "9999-12-31"},
		{text: "2024-02-29"},
		{text: "", wantErr: auyl.ErrSyntax},
		{text: "2026", wantErr: auyl.ErrSyntax},
		{text: "2026-M09", wantErr: auyl.ErrSyntax},
		{text: "2026-W37", wantErr: auyl.ErrSyntax},
		{text: "2026-09-14 ", wantErr: auyl.ErrSyntax},
		{text: "2026-9-14", wantErr: auyl.ErrSyntax},
		{text: "0000-01-01", wantErr: auyl.ErrRange},
		{text: "2026-13-01", wantErr: auyl.ErrRange},
		{text: "2023-02-29", wantErr: auyl.ErrRange},
	})
	if got := auyl.MaxDay.String(); got != "" {
		t.Errorf("MaxDay.String() = %q, want nothing: no end", got)
	}
	if got := mustDay(t, "1970-01-01"); got != 0 {
		t.Errorf("1970-01-01 is day %d, want 0", got)
	}
	if got := mustDay(t, "1969-12-31"); got != -1 {
		t.Errorf("1969-12-31 is day %d, want -1", got)
	}
}

func TestDayOfAnInstantIsThatOfItsOwnClock(t *testing.T) {
	t.Parallel()
	instant := time.Date(2024, 12, 31, 20, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		hours int
		want  string
	}{{0, "2024-12-31"}, {5, "2025-01-01"}, {-12, "2024-12-31"}, {-21, "2024-12-30"}} {
		at := instant.In(time.FixedZone("", tt.hours*3600))
		if got := auyl.DayOf(at).String(); got != tt.want {
			t.Errorf("DayOf(%s) = %s, want %s", at, got, tt.want)
		}
	}
}

func TestEveryPeriodIsReadBackFromItsText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := periods().Draw(t, "period")
		roundTrip(t, auyl.ParsePeriod, p)
		if b, err := p.MarshalText(); err != nil || string(b) != p.String() {
			t.Fatalf("%s.MarshalText() = %q, %v", p, b, err)
		}
		roundTrip(t, auyl.ParseDay, p.Start())
		if again := auyl.NewPeriod(p.Freq(), p.Start()); again != p {
			t.Fatalf("NewPeriod(%s, %s) = %s, want %s", p.Freq(), p.Start(), again, p)
		}
	})
}

func TestPeriodsOfAFrequencyTileTheCalendar(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, d := rapid.SampledFrom(frequencies).Draw(t, "freq"), days().Draw(t, "day")
		p := auyl.NewPeriod(f, d)
		if d < p.Start() || p.End() <= d || p.LastDay() != p.End()-1 {
			t.Fatalf("%s of %s is [%s, %s)", p, d, p.Start(), p.End())
		}
		if first, last := auyl.NewPeriod(f, p.Start()), auyl.NewPeriod(f, p.LastDay()); first != p || last != p {
			t.Fatalf("first and last day of %s lie in %s and %s", p, first, last)
		}
		next := auyl.NewPeriod(f, p.End())
		if next.Start() != p.End() || next != p.Shift(1) || next.Shift(-1) != p {
			t.Fatalf("after %s comes %s, Shift(1) = %s", p, next, p.Shift(1))
		}
		if p.Overlaps(next) || next.Overlaps(p) || p.Contains(next) || !p.Contains(p) || !p.Overlaps(p) {
			t.Fatalf("%s and %s share a day, or %s not its own", p, next, p)
		}
	})
}

func TestShiftsAddUpAndKeepTheOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := periods().Draw(t, "period")
		n := rapid.IntRange(-5000, 5000).Draw(t, "n")
		m := rapid.IntRange(-5000, 5000).Draw(t, "m")
		if got, want := p.Shift(n).Shift(m), p.Shift(n+m); got != want {
			t.Fatalf("%s shifted by %d and %d starts %d, by the sum %d", p, n, m, got.Start(), want.Start())
		}
		if p.Shift(n).Shift(-n) != p {
			t.Fatalf("%s shifted by %d and back is another", p, n)
		}
		if a, b := p.Shift(n).Start(), p.Shift(m).Start(); (n < m) != (a < b) || (n == m) != (a == b) {
			t.Fatalf("%s shifted by %d starts on day %d, by %d on day %d", p, n, a, m, b)
		}
	})
}

// TestTextsOfAFrequencySortAsTime holds that order by text is order by time,
// which tables and keys rely on.
func TestTextsOfAFrequencySortAsTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom(frequencies).Draw(t, "freq")
		a, b := auyl.NewPeriod(f, days().Draw(t, "a")), auyl.NewPeriod(f, days().Draw(t, "b"))
		if (a.Start() < b.Start()) != (a.String() < b.String()) {
			t.Fatalf("%s and %s sort otherwise than their days", a, b)
		}
	})
}

func TestContainmentIsThatOfDays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := periods().Draw(t, "p")
		near := p.Start() + auyl.Day(rapid.IntRange(-400, 400).Draw(t, "near"))
		q := auyl.NewPeriod(rapid.SampledFrom(frequencies).Draw(t, "freq"), near)
		in, out := 0, 0
		for d := q.Start(); d < q.End(); d++ {
			if p.Start() <= d && d < p.End() {
				in++
			} else {
				out++
			}
		}
		if p.Contains(q) != (out == 0) {
			t.Fatalf("%s.Contains(%s) = %v, but %d days lie outside", p, q, p.Contains(q), out)
		}
		if p.Overlaps(q) != (in > 0) || p.Overlaps(q) != q.Overlaps(p) {
			t.Fatalf("%s.Overlaps(%s) = %v, but %d days are shared", p, q, p.Overlaps(q), in)
		}
	})
}

func TestNestingOfFrequencies(t *testing.T) {
	t.Parallel()
	finer := map[auyl.Freq]string{'A': "ASQMD", 'S': "SQMD", 'Q': "QMD", 'M': "MD", 'W': "WD", 'D': "D"}
	for _, c := range frequencies {
		for _, f := range frequencies {
			want := slices.Contains([]byte(finer[c]), byte(f))
			if got := auyl.Nests(c, f); got != want {
				t.Errorf("Nests(%s, %s) = %v, want %v", c, f, got, want)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		c, f := rapid.SampledFrom(frequencies).Draw(t, "coarse"), rapid.SampledFrom(frequencies).Draw(t, "fine")
		d := days().Draw(t, "day")
		if auyl.Nests(c, f) && !auyl.NewPeriod(c, d).Contains(auyl.NewPeriod(f, d)) {
			t.Fatalf("%s does not hold %s", auyl.NewPeriod(c, d), auyl.NewPeriod(f, d))
		}
	})
}

func TestTheYearBeforeHasTheSameLabel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := periods().Draw(t, "period")
		q, err := p.SamePeriodLastYear()
		label := p.String()[4:]
		if err != nil {
			first := p.String()[:4] == "0001"
			if !errors.Is(err, auyl.ErrRange) || !q.IsZero() || !first && label != "-02-29" && label != "-W53" {
				t.Fatalf("year before %s = %s, %v", p, q, err)
			}
			return
		}
		if q.Freq() != p.Freq() || q.String()[4:] != label || (q.Start() >= p.Start()) {
			t.Fatalf("year before %s = %s", p, q)
		}
	})
}

// TestPeriodsWithoutATextHaveNoYearBefore keeps a panic away: the text of the
// zero value is shorter than a year, that of the year 10000 longer.
func TestPeriodsWithoutATextHaveNoYearBefore(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]auyl.Period{
		"zero value": {}, "year 1": mustPeriod(t, "0001-M05"), "year 0": mustPeriod(t, "0001").Shift(-1),
		"year 10000": mustPeriod(t, "9999-M12").Shift(1),
	} {
		if q, err := p.SamePeriodLastYear(); !errors.Is(err, auyl.ErrRange) || !q.IsZero() {
			t.Errorf("%s: SamePeriodLastYear() = %v, %v, want %v", name, q, err, auyl.ErrRange)
		}
	}
}

func TestTheZeroPeriodIsNone(t *testing.T) {
	t.Parallel()
	var p auyl.Period
	if !p.IsZero() || p.String() != "" || !p.Shift(3).IsZero() {
		t.Errorf("zero Period: IsZero %v, text %q, shifted %v", p.IsZero(), p, p.Shift(3))
	}
	if got := auyl.NewPeriod('X', 0); !got.IsZero() {
		t.Errorf("NewPeriod of an unknown frequency = %v, want the zero value", got)
	}
	if mustPeriod(t, "1970").IsZero() {
		t.Error("1970 is taken for no period")
	}
	q := mustPeriod(t, "2026")
	if err := q.UnmarshalText([]byte("2026-Q5")); !errors.Is(err, auyl.ErrRange) || !q.IsZero() {
		t.Errorf("UnmarshalText(2026-Q5) = %v and leaves %v, want %v and no period", err, q, auyl.ErrRange)
	}
}
