package auyl

import (
	"fmt"
	"math"
	"time"
)

// Day counts days since 1970-01-01 in the proleptic Gregorian calendar.
type Day int32

// MaxDay stands for "no end".
const MaxDay Day = math.MaxInt32

// DayOf returns the calendar day of t in t's own location.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return dayOf(y, m, d)
}

// ParseDay reads YYYY-MM-DD. Errors: ErrSyntax, ErrRange.
func ParseDay(s string) (Day, error) {
	p, err := ParsePeriod(s)
	if err != nil {
		return 0, err
	}
	if p.freq != FreqDay {
		return 0, fmt.Errorf("day %q: %w: want YYYY-MM-DD", s, ErrSyntax)
	}
	return p.start, nil
}

// Time returns midnight UTC of the day.
func (d Day) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// String returns YYYY-MM-DD, or "" for MaxDay.
func (d Day) String() string {
	if d == MaxDay {
		return ""
	}
	return d.Time().Format(time.DateOnly)
}

func dayOf(y int, m time.Month, d int) Day {
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func (d Day) date() (year int, month time.Month, day int) { return d.Time().Date() }

// Freq is the frequency of a period, as SDMX spells it.
type Freq byte

// Frequencies, from the coarsest to the finest.
const (
	FreqYear     Freq = 'A'
	FreqHalfYear Freq = 'S'
	FreqQuarter  Freq = 'Q'
	FreqMonth    Freq = 'M'
	FreqWeek     Freq = 'W' // ISO 8601 weeks
	FreqDay      Freq = 'D'
)

// ParseFreq reads the one-letter code. Errors: ErrSyntax.
func ParseFreq(s string) (Freq, error) {
	if len(s) == 1 {
		switch f := Freq(s[0]); f {
		case FreqYear, FreqHalfYear, FreqQuarter, FreqMonth, FreqWeek, FreqDay:
			return f, nil
		}
	}
	return 0, fmt.Errorf("frequency %q: %w: want one of A S Q M W D", s, ErrSyntax)
}

// String returns the one-letter code.
func (f Freq) String() string { return string(rune(f)) }

func (f Freq) months() int {
	switch f {
	case FreqYear:
		return 12
	case FreqHalfYear:
		return 6
	case FreqQuarter:
		return 3
	case FreqMonth:
		return 1
	default:
		return 0
	}
}

// Period is a calendar interval [start, end) of one frequency. The zero value is
// no period. Periods are comparable with ==.
type Period struct {
	freq  Freq
	start Day
}

// NewPeriod returns the period of the frequency that holds the day.
func NewPeriod(f Freq, d Day) Period {
	y, m, _ := d.date()
	switch f {
	case FreqDay:
		return Period{f, d}
	case FreqWeek:
		wd := (int(d.Time().Weekday()) + 6) % 7
		return Period{f, d - Day(wd)}
	default:
	}
	n := f.months()
	if n == 0 {
		return Period{}
	}
	return Period{f, dayOf(y, time.Month((int(m)-1)/n*n+1), 1)}
}

// ParsePeriod reads one of 2026, 2026-S1, 2026-Q3, 2026-M09, 2026-W37 and
// 2026-09-14: upper case, fixed width, nothing trimmed.
// Errors: ErrSyntax for another shape, ErrRange for a number out of range.
func ParsePeriod(s string) (Period, error) {
	syntax := func() (Period, error) {
		return Period{}, fmt.Errorf("period %q: %w: want 2026, 2026-S1, 2026-Q3, 2026-M09, 2026-W37 or 2026-09-14", s, ErrSyntax)
	}
	bad := func(what string) (Period, error) { return Period{}, fmt.Errorf("period %q: %s %w", s, what, ErrRange) }
	if len(s) < 4 {
		return syntax()
	}
	y, ok := digits(s[:4])
	if !ok {
		return syntax()
	}
	rest := s[4:]
	var n, d int
	var kind byte
	switch {
	case rest == "":
		kind = 'A'
	case len(rest) == 3 && rest[0] == '-' && (rest[1] == 'S' || rest[1] == 'Q'):
		kind = rest[1]
		n, ok = digits(rest[2:])
	case len(rest) == 4 && rest[0] == '-' && (rest[1] == 'M' || rest[1] == 'W'):
		kind = rest[1]
		n, ok = digits(rest[2:])
	case len(rest) == 6 && rest[0] == '-' && rest[3] == '-':
		kind = 'D'
		var ok2 bool
		n, ok = digits(rest[1:3])
		d, ok2 = digits(rest[4:])
		ok = ok && ok2
	default:
		return syntax()
	}
	if !ok {
		return syntax()
	}
	if y == 0 {
		return bad("year")
	}
	switch kind {
	case 'A':
		return Period{FreqYear, dayOf(y, 1, 1)}, nil
	case 'S':
		if n < 1 || n > 2 {
			return bad("half")
		}
		return Period{FreqHalfYear, dayOf(y, time.Month(6*n-5), 1)}, nil
	case 'Q':
		if n < 1 || n > 4 {
			return bad("quarter")
		}
		return Period{FreqQuarter, dayOf(y, time.Month(3*n-2), 1)}, nil
	case 'M':
		if n < 1 || n > 12 {
			return bad("month")
		}
		return Period{FreqMonth, dayOf(y, time.Month(n), 1)}, nil
	case 'W':
		if n < 1 || n > isoWeeks(y) {
			return bad("week")
		}
		return Period{FreqWeek, isoWeekStart(y) + Day(7*(n-1))}, nil
	}
	if n < 1 || n > 12 {
		return bad("month")
	}
	if d < 1 || d > daysIn(y, time.Month(n)) {
		return bad("day")
	}
	return Period{FreqDay, dayOf(y, time.Month(n), d)}, nil
}

func digits(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, s != ""
}

func daysIn(y int, m time.Month) int { return time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day() }

// isoWeekStart returns the Monday of ISO week 1, the week that holds 4 January.
func isoWeekStart(y int) Day { return NewPeriod(FreqWeek, dayOf(y, 1, 4)).start }

func isoWeeks(y int) int { return int(isoWeekStart(y+1)-isoWeekStart(y)) / 7 }

// Freq returns the frequency.
func (p Period) Freq() Freq { return p.freq }

// Start returns the first day.
func (p Period) Start() Day { return p.start }

// End returns the first day after the period.
func (p Period) End() Day { return p.Shift(1).start }

// LastDay returns the last day of the period.
func (p Period) LastDay() Day { return p.End() - 1 }

// IsZero reports whether p is no period.
func (p Period) IsZero() bool { return p.freq == 0 }

// Shift returns the period n periods of the same frequency later (earlier for n < 0).
func (p Period) Shift(n int) Period {
	switch p.freq {
	case FreqDay:
		return Period{p.freq, p.start + Day(n)}
	case FreqWeek:
		return Period{p.freq, p.start + Day(7*n)}
	default:
	}
	y, m, _ := p.start.date()
	return Period{p.freq, dayOf(y, m+time.Month(n*p.freq.months()), 1)}
}

// Contains reports whether q lies wholly within p, by days.
func (p Period) Contains(q Period) bool { return p.start <= q.start && q.End() <= p.End() }

// Overlaps reports whether p and q share a day.
func (p Period) Overlaps(q Period) bool { return p.start < q.End() && q.start < p.End() }

// Nests reports whether every period of the finer frequency lies within one
// period of the coarser: A ⊃ S ⊃ Q ⊃ M ⊃ D and W ⊃ D.
func Nests(coarse, fine Freq) bool {
	if coarse == fine || fine == FreqDay {
		return true
	}
	c, f := coarse.months(), fine.months()
	return c > 0 && f > 0 && c >= f
}

// SamePeriodLastYear returns the period with the same label one year earlier.
// There is none for 29 February, for a 53rd week that the year before lacks, for
// the year 1 and for the zero value: ErrRange.
func (p Period) SamePeriodLastYear() (Period, error) {
	s := p.String()
	if _, err := ParsePeriod(s); err != nil {
		return Period{}, fmt.Errorf("year before %q: %w", s, ErrRange)
	}
	y, _ := digits(s[:4])
	return ParsePeriod(fmt.Sprintf("%04d%s", y-1, s[4:]))
}

// String returns the one spelling of the period that ParsePeriod reads.
func (p Period) String() string {
	if p.freq == 0 {
		return ""
	}
	y, m, d := p.start.date()
	switch p.freq {
	case FreqYear:
		return fmt.Sprintf("%04d", y)
	case FreqHalfYear:
		return fmt.Sprintf("%04d-S%d", y, (int(m)-1)/6+1)
	case FreqQuarter:
		return fmt.Sprintf("%04d-Q%d", y, (int(m)-1)/3+1)
	case FreqMonth:
		return fmt.Sprintf("%04d-M%02d", y, int(m))
	case FreqWeek:
		iy, iw := p.start.Time().ISOWeek()
		return fmt.Sprintf("%04d-W%02d", iy, iw)
	default:
	}
	return fmt.Sprintf("%04d-%02d-%02d", y, int(m), d)
}

// MarshalText writes the period as String does.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a period as ParsePeriod does.
func (p *Period) UnmarshalText(b []byte) error {
	q, err := ParsePeriod(string(b))
	*p = q
	return err
}
