package auyl_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
)

// vectorsOf calls f for each row of a file of testdata/period, by column name.
func vectorsOf(t *testing.T, file string, f func(t *testing.T, row map[string]string)) {
	t.Helper()
	r, err := os.Open(filepath.Join("testdata", "period", file))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) < 2 {
		t.Fatalf("%s has no rows", file)
	}
	for _, values := range rows[1:] {
		row := map[string]string{}
		for i, column := range rows[0] {
			row[column] = values[i]
		}
		f(t, row)
	}
}

func periodOf(t *testing.T, s string) auyl.Period {
	t.Helper()
	p, err := auyl.ParsePeriod(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func dayOf(t *testing.T, s string) auyl.Day {
	t.Helper()
	d, err := auyl.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func sameText(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s = %s, want %s", what, got, want)
	}
}

func TestPeriodVectors(t *testing.T) {
	t.Parallel()
	vectorsOf(t, "exp_parse.csv", func(t *testing.T, row map[string]string) {
		t.Helper()
		text := row["text"]
		p, err := auyl.ParsePeriod(text)
		if row["ok"] != "1" {
			want := auyl.ErrRange
			if row["reason"] == "syntax" || row["reason"] == "empty" {
				want = auyl.ErrSyntax
			}
			if !errors.Is(err, want) || !p.IsZero() {
				t.Errorf("ParsePeriod(%q) = %v, %v, want no period and %v (%s)", text, p, err, want, row["reason"])
			}
			return
		}
		if err != nil {
			t.Errorf("ParsePeriod(%q): %v", text, err)
			return
		}
		sameText(t, text+" spelled", p.String(), text)
		sameText(t, text+" Freq", p.Freq().String(), row["freq"])
		sameText(t, text+" Start", p.Start().String(), row["start"])
		sameText(t, text+" End", p.End().String(), row["end"])
		sameText(t, text+" LastDay", p.LastDay().String(), row["last_day"])
		sameText(t, text+" days", strconv.Itoa(int(p.End()-p.Start())), row["days"])
		sameText(t, text+" Shift(1)", p.Shift(1).String(), row["next"])
		if row["prev"] != "" {
			sameText(t, text+" Shift(-1)", p.Shift(-1).String(), row["prev"])
		}
	})
}

func TestPeriodOfDayVectors(t *testing.T) {
	t.Parallel()
	vectorsOf(t, "exp_period_of_day.csv", func(t *testing.T, row map[string]string) {
		t.Helper()
		periodsHolding(t, row, dayOf(t, row["day"]))
	})
}

// TestInstantsFallIntoTheDayOfTheirZone holds DayOf to the two offsets of Almaty:
// the hour before midnight of 29 February 2024 was lived twice.
func TestInstantsFallIntoTheDayOfTheirZone(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Skipf("no time zones on this machine: %v", err)
	}
	vectorsOf(t, "exp_instants.csv", func(t *testing.T, row map[string]string) {
		t.Helper()
		at, err := time.Parse(time.RFC3339, row["instant_utc"])
		if err != nil {
			t.Fatal(err)
		}
		d := auyl.DayOf(at.In(zone))
		sameText(t, "day of "+row["instant_utc"], d.String(), row["day"])
		periodsHolding(t, row, d)
	})
}

func periodsHolding(t *testing.T, row map[string]string, d auyl.Day) {
	t.Helper()
	for column, f := range map[string]auyl.Freq{
		"year": auyl.FreqYear, "half": auyl.FreqHalfYear, "quarter": auyl.FreqQuarter,
		"month": auyl.FreqMonth, "week": auyl.FreqWeek,
	} {
		sameText(t, column+" of "+d.String(), auyl.NewPeriod(f, d).String(), row[column])
	}
}

func TestShiftVectors(t *testing.T) {
	t.Parallel()
	vectorsOf(t, "exp_shift.csv", func(t *testing.T, row map[string]string) {
		t.Helper()
		n, err := strconv.Atoi(row["n"])
		if err != nil {
			t.Fatal(err)
		}
		sameText(t, row["period"]+" Shift("+row["n"]+")", periodOf(t, row["period"]).Shift(n).String(), row["shifted"])
	})
}

func TestContainsVectors(t *testing.T) {
	t.Parallel()
	vectorsOf(t, "exp_contains.csv", func(t *testing.T, row map[string]string) {
		t.Helper()
		a, b := periodOf(t, row["a"]), periodOf(t, row["b"])
		if got := a.Contains(b); got != (row["a_contains_b"] == "1") {
			t.Errorf("%s.Contains(%s) = %v", a, b, got)
		}
		if got := a.Overlaps(b); got != (row["overlap"] == "1") {
			t.Errorf("%s.Overlaps(%s) = %v", a, b, got)
		}
	})
}

func TestSamePeriodLastYearVectors(t *testing.T) {
	t.Parallel()
	vectorsOf(t, "exp_same_period_last_year.csv", func(t *testing.T, row map[string]string) {
		t.Helper()
		got, err := periodOf(t, row["period"]).SamePeriodLastYear()
		if row["reason"] != "" {
			if !errors.Is(err, auyl.ErrRange) {
				t.Errorf("%s a year before = %v, %v, want ErrRange (%s)", row["period"], got, err, row["reason"])
			}
			return
		}
		if err != nil {
			t.Error(err)
		}
		sameText(t, row["period"]+" a year before", got.String(), row["a_year_before"])
	})
}

func TestISOYearVectors(t *testing.T) {
	t.Parallel()
	vectorsOf(t, "exp_iso_year.csv", func(t *testing.T, row map[string]string) {
		t.Helper()
		year := row["year"]
		first := periodOf(t, year+"-W01")
		last := periodOf(t, year+"-W"+row["weeks"])
		sameText(t, year+" first day", first.Start().String(), row["first_day"])
		sameText(t, year+" end", last.End().String(), row["end"])
		if row["weeks"] == "52" {
			if p, err := auyl.ParsePeriod(year + "-W53"); !errors.Is(err, auyl.ErrRange) {
				t.Errorf("ParsePeriod(%s-W53) = %v, %v, want ErrRange", year, p, err)
			}
		}
	})
}

func TestLastDayVectors(t *testing.T) {
	t.Parallel()
	vectorsOf(t, "exp_last_day.csv", func(t *testing.T, row map[string]string) {
		t.Helper()
		m := periodOf(t, row["month"])
		sameText(t, m.String()+" LastDay", m.LastDay().String(), row["last_day"])
		sameText(t, m.String()+" days", strconv.Itoa(int(m.End()-m.Start())), row["days"])
		y := auyl.NewPeriod(auyl.FreqYear, m.Start())
		sameText(t, y.String()+" days", strconv.Itoa(int(y.End()-y.Start())), row["days_of_year"])
	})
}

// TestNoVectorIsForgotten fails on a file of testdata/period that no test here reads.
func TestNoVectorIsForgotten(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("period_oracle_test.go")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join("testdata", "period", "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	for _, f := range files {
		if !bytes.Contains(source, []byte(`"`+filepath.Base(f)+`"`)) {
			t.Errorf("%s is read by no test", f)
		}
	}
}
