package auyl_test

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
)

// vector is a row of a file of testdata/period; at says where it stands.
type vector struct {
	at     string
	column map[string]string
}

func (v vector) get(t *testing.T, column string) string {
	t.Helper()
	s, ok := v.column[column]
	if !ok {
		t.Fatalf("%s: no column %s", v.at, column)
	}
	return s
}

func (v vector) period(t *testing.T, column string) auyl.Period {
	t.Helper()
	return mustPeriod(t, v.get(t, column))
}

// vectors reads a file and fails where it has not the number of rows it was
// written with, so that a cut file does not pass.
func vectors(t *testing.T, name string, rows int) []vector {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "period", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(all)-1 != rows {
		t.Fatalf("%s has %d rows, want %d", name, len(all)-1, rows)
	}
	out := make([]vector, 0, rows)
	for i, rec := range all[1:] {
		v := vector{at: name + ": row " + strconv.Itoa(i+1), column: map[string]string{}}
		for j, h := range all[0] {
			v.column[h] = rec[j]
		}
		out = append(out, v)
	}
	return out
}

func TestVectorsOfParsing(t *testing.T) {
	t.Parallel()
	want := vectors(t, "exp_parse.csv", 103)
	for i, in := range vectors(t, "parse.csv", 103) {
		v, text := want[i], in.get(t, "text")
		if text != v.get(t, "text") {
			t.Fatalf("%s: text %q, in parse.csv %q", v.at, v.get(t, "text"), text)
		}
		p, err := auyl.ParsePeriod(text)
		if v.get(t, "ok") == "0" {
			wantErr := reasonError(t, v.get(t, "reason"))
			if !errors.Is(err, wantErr) || !p.IsZero() {
				t.Errorf("%s: ParsePeriod(%q) = %v, %v, want %v (%s)", v.at, text, p, err, wantErr, v.get(t, "reason"))
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: ParsePeriod(%q): %v", v.at, text, err)
			continue
		}
		got := map[string]string{
			"text": p.String(), "freq": p.Freq().String(), "start": p.Start().String(), "end": p.End().String(),
			"last_day": p.LastDay().String(), "days": strconv.Itoa(int(p.End() - p.Start())), "next": p.Shift(1).String(),
		}
		if v.get(t, "prev") != "" { // the year 1 has none
			got["prev"] = p.Shift(-1).String()
		}
		if p.Freq() != auyl.FreqWeek {
			got["fiscal_year"] = strconv.Itoa(p.Start().Time().Year())
		}
		for column, g := range got {
			if w := v.get(t, column); g != w {
				t.Errorf("%s: %s of %s = %s, want %s", v.at, column, text, g, w)
			}
		}
	}
}

// reasonError returns the error that stands for a reason of the vectors.
func reasonError(t *testing.T, reason string) error {
	t.Helper()
	switch {
	case slices.Contains([]string{"empty", "syntax"}, reason):
		return auyl.ErrSyntax
	case slices.Contains([]string{"year", "half", "quarter", "month", "week", "day"}, reason):
		return auyl.ErrRange
	}
	t.Fatalf("unknown reason %q", reason)
	return nil
}

func TestVectorsOfPeriodsOfADay(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "exp_period_of_day.csv", 394) {
		v.holding(t, mustDay(t, v.get(t, "day")))
	}
}

// TestVectorsOfInstants holds DayOf to the two offsets of Almaty: the hour before
// midnight of 29 February 2024 was lived twice.
func TestVectorsOfInstants(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Skipf("no time zones on this machine: %v", err)
	}
	for _, v := range vectors(t, "exp_instants.csv", 162) {
		at, err := time.Parse(time.RFC3339, v.get(t, "instant_utc"))
		if err != nil {
			t.Fatal(err)
		}
		v.holding(t, auyl.DayOf(at.In(zone)))
	}
}

// holding compares the period of each frequency that holds a day with its row.
func (v vector) holding(t *testing.T, d auyl.Day) {
	t.Helper()
	for i, column := range []string{"year", "half", "quarter", "month", "week", "day"} {
		f := frequencies[i]
		if got, want := auyl.NewPeriod(f, d).String(), v.get(t, column); got != want {
			t.Errorf("%s: NewPeriod(%s, %s) = %s, want %s", v.at, f, d, got, want)
		}
	}
}

func TestVectorsOfShifts(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "exp_shift.csv", 135) {
		n, err := strconv.Atoi(v.get(t, "n"))
		if err != nil {
			t.Fatal(err)
		}
		p := v.period(t, "period")
		if got, want := p.Shift(n), v.period(t, "shifted"); got != want {
			t.Errorf("%s: %s.Shift(%d) = %s, want %s", v.at, p, n, got, want)
		}
	}
}

func TestVectorsOfContainment(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "exp_contains.csv", 324) {
		a, b := v.period(t, "a"), v.period(t, "b")
		if got, want := a.Contains(b), v.get(t, "a_contains_b") == "1"; got != want {
			t.Errorf("%s: %s.Contains(%s) = %v, want %v", v.at, a, b, got, want)
		}
		if got, want := a.Overlaps(b), v.get(t, "overlap") == "1"; got != want {
			t.Errorf("%s: %s.Overlaps(%s) = %v, want %v", v.at, a, b, got, want)
		}
	}
}

func TestVectorsOfTheSamePeriodLastYear(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "exp_same_period_last_year.csv", 11) {
		p := v.period(t, "period")
		got, err := p.SamePeriodLastYear()
		var wantErr error
		if v.get(t, "reason") != "" {
			wantErr = auyl.ErrRange
		}
		if got.String() != v.get(t, "a_year_before") || !errors.Is(err, wantErr) {
			t.Errorf("%s: %s.SamePeriodLastYear() = %q, %v, want %q, %v", v.at, p, got, err, v.get(t, "a_year_before"), wantErr)
		}
	}
}

func TestVectorsOfISOYears(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "exp_iso_year.csv", 66) {
		y := v.get(t, "year")
		if got, want := mustPeriod(t, y+"-W01").Start().String(), v.get(t, "first_day"); got != want {
			t.Errorf("%s: %s-W01 starts %s, want %s", v.at, y, got, want)
		}
		last := mustPeriod(t, y+"-W"+v.get(t, "weeks"))
		if got, want := last.End().String(), v.get(t, "end"); got != want {
			t.Errorf("%s: %s ends %s, want %s", v.at, last, got, want)
		}
		weeks, err := strconv.Atoi(v.get(t, "weeks"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := auyl.ParsePeriod(y + "-W" + strconv.Itoa(weeks+1)); !errors.Is(err, auyl.ErrRange) {
			t.Errorf("%s: week %d of %s: %v, want %v", v.at, weeks+1, y, err, auyl.ErrRange)
		}
	}
}

func TestVectorsOfMonthEnds(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "exp_last_day.csv", 96) {
		p := v.period(t, "month")
		year := auyl.NewPeriod(auyl.FreqYear, p.Start())
		if got, want := p.LastDay().String(), v.get(t, "last_day"); got != want {
			t.Errorf("%s: last day of %s = %s, want %s", v.at, p, got, want)
		}
		for column, q := range map[string]auyl.Period{"days": p, "days_of_year": year} {
			if got, want := strconv.Itoa(int(q.End()-q.Start())), v.get(t, column); got != want {
				t.Errorf("%s: days of %s = %s, want %s", v.at, q, got, want)
			}
		}
	}
}
