package simulate_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/auyl-kz/auyl/simulate"
)

func TestAmbulanceClockAndNorm(t *testing.T) {
	t.Parallel()
	m := model(t, simulate.Options{Seed: 2, Scale: 2})
	header, rows := records(t, render(t, m, "moh.ambulance_103@2026-01.csv"))
	at := columns(t, header, "registered_at", "arrived_at", "closed_at", "category", "norm_min", "outcome", "call_no")
	last, inTime, arrived := "", 0, 0
	for _, r := range rows {
		if r[at[0]] < last {
			t.Fatal("calls are not in the order of their registration")
		}
		last = r[at[0]]
		if r[at[0]][:7] != "2026-01" {
			t.Errorf("call of %s in the month 2026-01", r[at[0]])
		}
		if r[at[5]] == "отмена" {
			if r[at[1]] != "" {
				t.Errorf("a canceled call arrived: %q", r)
			}
			continue
		}
		a, errA := time.Parse(time.DateTime, r[at[0]])
		b, errB := time.Parse(time.DateTime, r[at[1]])
		n, errC := strconv.Atoi(r[at[4]])
		if errA != nil || errB != nil || errC != nil || !b.After(a) || r[at[2]] < r[at[1]] {
			t.Fatalf("clock of %q", r)
		}
		arrived++
		if b.Sub(a) <= time.Duration(n)*time.Minute {
			inTime++
		}
	}
	if share := float64(inTime) / float64(arrived); share < 0.6 || share > 0.95 {
		t.Errorf("in time %.2f, want a share that moves", share)
	}
	if n := len(rows); n < 10_000 || n > 12_000 {
		t.Errorf("calls in January at scale 2 = %d, want about 10,800", n)
	}
	// A revision names calls of the first export.
	_, rev := records(t, render(t, m, "moh.ambulance_103@2026-01-rev.csv"))
	first := map[string]string{}
	for _, r := range rows {
		first[r[at[6]]] = r[at[1]]
	}
	changed := 0
	for _, r := range rev {
		old, ok := first[r[at[6]]]
		if !ok {
			t.Errorf("revision of the unknown call %s", r[at[6]])
		}
		if old != r[at[1]] {
			changed++
		}
	}
	if changed == 0 {
		t.Error("the revision changes nothing")
	}
}

var (
	twelve = regexp.MustCompile(`\b\d{12}\b`)
	canary = regexp.MustCompile(`^991231[56]\d{5}$`)
	phones = regexp.MustCompile(`\+?[78][ (-]*\d{3}[ )-]*\d{3}[ -]?\d{2}[ -]?\d{2}`)
)

func TestEveryPersonIsImpossible(t *testing.T) {
	t.Parallel()
	m := model(t, simulate.Options{Seed: 2, Months: 6})
	persons := map[string]bool{}
	for _, f := range m.Files() {
		text := string(render(t, m, f.Name))
		for _, s := range twelve.FindAllString(text, -1) {
			if !canary.MatchString(s) {
				t.Fatalf("%s: %s could be somebody's number", f.Name, s)
			}
			if !validIIN(s) {
				t.Fatalf("%s: the check digit of %s is wrong", f.Name, s)
			}
			persons[string(f.Source)] = true
		}
		for _, s := range phones.FindAllString(text, -1) {
			if !strings.HasPrefix(s, "+7 (000) ") {
				t.Fatalf("%s: %s could be somebody's telephone", f.Name, s)
			}
		}
	}
	if !persons["moh.ambulance_103"] || !persons["mlsp.asp"] || len(persons) < 2 {
		t.Errorf("personal columns in %v, want ambulance and assistance among them", persons)
	}
}

// validIIN is written from the published rule, apart from the code under test.
func validIIN(s string) bool {
	digit := func(weights ...int) int {
		sum := 0
		for i, w := range weights {
			sum += w * int(s[i]-'0')
		}
		return sum % 11
	}
	c := digit(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	if c == 10 {
		c = digit(3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
	}
	return c < 10 && int(s[11]-'0') == c
}
