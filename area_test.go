package auyl_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/auyl-kz/auyl"
)

func TestAreaCodeErrorsAndSpelling(t *testing.T) {
	t.Parallel()
	parseTable(t, auyl.ParseAreaCode, []parseCase{
		{text: "190000000"},
		{text: "195200000"},
		{text: "000000001"},
		{text: "999999999"},
		{text: "000000000"},
		{text: "", wantErr: auyl.ErrSyntax},
		{text: "19520000", wantErr: auyl.ErrSyntax},
		{text: "1952000000", wantErr: auyl.ErrSyntax},
		{text: "19520000O", wantErr: auyl.ErrSyntax},
		{text: " 95200000", wantErr: auyl.ErrSyntax},
		{text: "-95200000", wantErr: auyl.ErrSyntax},
		{text: "+95200000", wantErr: auyl.ErrSyntax},
		{text: "1_5200000", wantErr: auyl.ErrSyntax},
		{text: "１２３", wantErr: auyl.ErrSyntax}, // nine bytes
	})
	if got, err := auyl.ParseAreaCode("000000000"); err != nil || got != auyl.CountryCode || got == 0 {
		t.Errorf("ParseAreaCode(000000000) = %d, %v, want CountryCode, which is not none", uint32(got), err)
	}
	var a auyl.AreaCode = 195200000
	if err := a.UnmarshalText([]byte("x")); !errors.Is(err, auyl.ErrSyntax) || a != 0 {
		t.Errorf("UnmarshalText(x) = %v and leaves %s, want %v and none", err, a, auyl.ErrSyntax)
	}
}

func TestEveryAreaCodeIsReadBackFromItsText(t *testing.T) {
	t.Parallel()
	codes := rapid.Uint32Range(1, uint32(auyl.CountryCode))
	rapid.Check(t, func(t *rapid.T) {
		a := auyl.AreaCode(codes.Draw(t, "a"))
		roundTrip(t, auyl.ParseAreaCode, a)
		if b, err := a.MarshalText(); err != nil || string(b) != a.String() || len(b) != 9 {
			t.Fatalf("%d.MarshalText() = %q, %v", uint32(a), b, err)
		}
		b := auyl.AreaCode(codes.Draw(t, "b"))
		if a < auyl.CountryCode && b < auyl.CountryCode && (a < b) != (a.String() < b.String()) {
			t.Fatalf("%s and %s sort otherwise than their numbers", a, b)
		}
	})
}

func TestDigitsNameTheAreasAbove(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ code, oblast, district, okrug string }{
		{"195234102", "190000000", "195200000", "195234000"},
		{"195234000", "190000000", "195200000", "195234000"},
		{"195200000", "190000000", "195200000", "195200000"},
		{"190000000", "190000000", "190000000", "190000000"},
		{"000000000", "000000000", "000000000", "000000000"},
	} {
		a, err := auyl.ParseAreaCode(tt.code)
		if err != nil {
			t.Fatal(err)
		}
		if o, d, k := a.Oblast().String(), a.District().String(), a.Okrug().String(); o != tt.oblast || d != tt.district || k != tt.okrug {
			t.Errorf("%s lies in %s, %s, %s, want %s, %s, %s", a, o, d, k, tt.oblast, tt.district, tt.okrug)
		}
	}
	if c := auyl.CountryCode; c.Oblast() != c || c.District() != c || c.Okrug() != c {
		t.Error("the country lies in another area")
	}
	rapid.Check(t, func(t *rapid.T) {
		a := auyl.AreaCode(rapid.Uint32Range(0, uint32(auyl.CountryCode)).Draw(t, "a"))
		if o := a.Oblast(); o.Oblast() != o || a.District().Oblast() != o || a.Okrug().Oblast() != o || o > a {
			t.Fatalf("oblast of %s is %s, by way of its okrug %s", a, o, a.Okrug().Oblast())
		}
		if d := a.District(); d.District() != d || a.Okrug().District() != d || d > a.Okrug() {
			t.Fatalf("district of %s is %s, by way of its okrug %s", a, d, a.Okrug().District())
		}
		if k := a.Okrug(); k.Okrug() != k || k > a {
			t.Fatalf("okrug of %s is %s, of which it is %s", a, k, k.Okrug())
		}
	})
}

func TestLevels(t *testing.T) {
	t.Parallel()
	parseTable(t, auyl.ParseLevel, []parseCase{
		{text: "country"},
		{text: "oblast"},
		{text: "district"},
		{text: "okrug"},
		{text: "settlement"},
		{text: "", wantErr: auyl.ErrSyntax},
		{text: "Oblast", wantErr: auyl.ErrSyntax},
		{text: "level(0)", wantErr: auyl.ErrSyntax},
		{text: "2", wantErr: auyl.ErrSyntax},
	})
	for l := auyl.LevelCountry; l <= auyl.LevelSettlement; l++ {
		roundTrip(t, auyl.ParseLevel, l)
	}
	stored := map[auyl.Level]byte{
		auyl.LevelCountry: 1, auyl.LevelOblast: 2, auyl.LevelDistrict: 3, auyl.LevelOkrug: 4, auyl.LevelSettlement: 5,
	}
	for l, n := range stored {
		if byte(l) != n {
			t.Errorf("%s is stored as %d, want %d", l, byte(l), n)
		}
	}
	if got := auyl.Level(9).String(); got != "level(9)" {
		t.Errorf("Level(9).String() = %q", got)
	}
}

func TestAnAreaHoldsFromItsFirstDayToTheDayBeforeItsEnd(t *testing.T) {
	t.Parallel()
	a := auyl.Area{ValidFrom: mustDay(t, "2022-06-08"), ValidTo: mustDay(t, "2024-01-01")}
	for day, want := range map[string]bool{"2022-06-07": false, "2022-06-08": true, "2023-12-31": true, "2024-01-01": false} {
		if got := a.Valid(mustDay(t, day)); got != want {
			t.Errorf("Valid(%s) = %v, want %v", day, got, want)
		}
	}
	a.ValidTo = auyl.MaxDay
	if !a.Valid(mustDay(t, "9999-12-31")) {
		t.Error("an area without an end is not valid in 9999")
	}
}
