package iin_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl/ingest/iin"
)

// person is the number of somebody born on 31 December 2099, who cannot exist.
func person(tb testing.TB, serial int) string {
	tb.Helper()
	for ; ; serial++ {
		stem := fmt.Sprintf("9912315%04d", serial)
		if c, pass := iin.CheckDigit(stem); pass > 0 {
			return stem + string(c)
		}
	}
}

// TestCheckDigit holds the two passes against stems with month 13, which belong
// to nobody.
func TestCheckDigit(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		stem  string
		digit byte
		pass  int
	}{
		{"99130130000", '3', 1},
		{"99130130040", '4', 2},
		{"99130130043", 0, 0},
		{"26134000000", '5', 1},
		{"00000000000", '0', 1},
		{"99999999999", '0', 1},
		{"00000000001", '0', 1},
		{"10000000000", '1', 1},
		{"87131668922", '6', 2},
		{"83139566805", '2', 1},
		{"22132333258", '8', 1},
	} {
		if digit, pass := iin.CheckDigit(x.stem); digit != x.digit || pass != x.pass {
			t.Errorf("CheckDigit(%s) = %q, %d, want %q, %d", x.stem, digit, pass, x.digit, x.pass)
		}
	}
}

func TestANumberIsJudgedWhole(t *testing.T) {
	t.Parallel()
	good := person(t, 0)
	wrong := good[:11] + string('0'+(good[11]-'0'+1)%10)
	for _, x := range []struct {
		text string
		want error
	}{
		{good, nil},
		{"", iin.ErrDigits},
		{" " + good, iin.ErrDigits},
		{"+" + good, iin.ErrDigits},
		{strings.Replace(good, "1", "l", 1), iin.ErrDigits},
		{good[:11] + "²", iin.ErrDigits},
		{wide(good), iin.ErrASCII},
		{good[:11], iin.ErrLength},
		{good + "0", iin.ErrLength},
		{"190000000", iin.ErrLength},
		{"260140990008", iin.ErrBIN},
		{"261340000005", iin.ErrMonth}, // month 13: neither
		{"991231700000", iin.ErrCentury},
		{"202609141230", iin.ErrMonth}, // a time stamp
		{"100000000000", iin.ErrMonth}, // an amount
		{"990230500000", iin.ErrDay},
		{"990031500000", iin.ErrMonth},
		{"990000500000", iin.ErrMonth},
		{"990100500000", iin.ErrDay},
		{wrong, iin.ErrCheck},
	} {
		if _, err := iin.Parse(x.text); !errors.Is(err, x.want) {
			t.Errorf("Parse(%q) = %v, want %v", x.text, err, x.want)
		}
	}
	n, err := iin.Parse(good)
	if err != nil || n.Sex != iin.Male || n.Born.Format("2006-01-02") != "2099-12-31" {
		t.Errorf("Parse(%s) = %+v, %v", good, n, err)
	}
	if iin.IsBIN(good) || !iin.IsBIN("260140990008") || iin.IsBIN("260140990007") || iin.IsBIN("26014099000x") {
		t.Error("organizations are not told from persons")
	}
}

// TestANumberThatIsNeverIssuedIsRefused looks for a stem of the impossible person
// for which both passes give 10.
func TestANumberThatIsNeverIssuedIsRefused(t *testing.T) {
	t.Parallel()
	for serial := range 10_000 {
		stem := fmt.Sprintf("9912315%04d", serial)
		if _, pass := iin.CheckDigit(stem); pass == 0 {
			if _, err := iin.Parse(stem + "0"); !errors.Is(err, iin.ErrNotIssued) {
				t.Errorf("Parse(%s0) = %v", stem, err)
			}
			return
		}
	}
	t.Fatal("no such stem")
}

func wide(s string) string {
	return strings.Map(func(r rune) rune { return r - '0' + '０' }, s)
}

func TestNumbersAreFoundInText(t *testing.T) {
	t.Parallel()
	p, q := person(t, 0), person(t, 7)
	for _, x := range []struct {
		text string
		n    int
	}{
		{"", 0},
		{"no number", 0},
		{p, 1},
		{"ЖСН № " + p + ", Шелек а.", 1},
		{"ИИН" + p + "x", 1},
		{"IIN=" + p + ";BIN=260140990008", 1},
		{p + " " + q, 2},
		{p + "\n" + q, 2},
		{p + q, 0},
		{"0" + p, 0},
		{"KZ86" + p + "12345", 0},
		{p[:6] + " " + p[6:], 1},
		{p[:6] + "-" + p[6:], 1},
		{p[:6] + "\u202f" + p[6:], 1},
		{p[:6] + "  " + p[6:], 0},
		{p[:6] + "." + p[6:], 0},
		{p[:6] + " " + p[6:7] + " " + p[7:], 1},
		{p[:6] + "-" + p[6:7] + "-" + p[7:11] + "-" + p[11:], 1},
		{p[:4] + " " + p[4:8] + " " + p[8:], 1},
		{p[:4] + " " + p[4:8] + " " + p[8:] + " 1234", 0},
		{p[:3] + " " + p[3:6] + " " + p[6:9] + " " + p[9:], 1},
		{p[:3] + " " + p[3:6] + " " + p[6:9] + " " + p[9:] + ",5", 0},
		{"2026 " + p[:6] + " " + p[6:], 1},
		{p + " 2026-09-14 12:30", 1},
		{p + " тенге", 0},
		{p + ",50 тыс. тенге", 0},
		{p + "KZT", 0},
		{p + ",5,Шелек", 1},
		{"+" + p, 0},
		{"0." + p, 0},
		{"10." + p, 1},
		{wide(p), 1},
	} {
		masked, n := iin.Mask(x.text)
		if n != x.n || strings.Contains(iin.Fold(masked), p) && x.n > 0 {
			t.Errorf("Mask(%q) = %q, %d, want %d", x.text, masked, n, x.n)
		}
	}
	if got, _ := iin.Mask("a " + p[:6] + " " + p[6:] + " b"); got != "a ************ b" {
		t.Errorf("got %q", got)
	}
}

// FuzzMask: what is masked stays masked, and nothing but numbers is touched.
func FuzzMask(f *testing.F) {
	p := person(f, 0)
	for _, s := range []string{"", p, p[:6] + " " + p[6:], wide(p), "0." + p, p + " тг", "1 2 3 4", "\xff" + p, "x+" + p, p + "," + p} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		spans := iin.Find(s)
		at := 0
		for _, x := range spans {
			if x.From < at || x.To <= x.From || x.To > len(s) {
				t.Fatalf("Find(%q) = %v", s, spans)
			}
			at = x.To
		}
		masked, n := iin.Mask(s)
		if n != len(spans) || n == 0 && masked != s {
			t.Fatalf("Mask(%q) = %q, %d", s, masked, n)
		}
		if _, err := iin.Parse(s); err == nil && n != 1 {
			t.Fatalf("Mask(%q) leaves a number", s)
		}
	})
}
