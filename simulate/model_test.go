package simulate_test

import (
	"errors"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/simulate"
)

func day(t *testing.T, s string) auyl.Day {
	t.Helper()
	d, err := auyl.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func places(t *testing.T) []simulate.Place {
	t.Helper()
	areas, err := schemas.LoadAreas(os.DirFS("../schemas"))
	if err != nil {
		t.Fatal(err)
	}
	return simulate.PlacesOf(areas.All(), day(t, "2026-11-25"), areas.Terms())
}

func model(t *testing.T, o simulate.Options) *simulate.Model {
	t.Helper()
	if o.Now == 0 {
		o.Now = day(t, "2026-11-25")
	}
	m, err := simulate.New(places(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const oblast = auyl.AreaCode(190000000)

func districtCodes(ps []simulate.Place) []auyl.AreaCode {
	var out []auyl.AreaCode
	for _, p := range ps {
		out = append(out, p.District)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestPlacesAreThoseOfTheRegistry(t *testing.T) {
	t.Parallel()
	ps := places(t)
	var rural, urban int
	okrugs := make(map[auyl.AreaCode]bool)
	for _, p := range ps {
		okrugs[p.Okrug] = true
		if p.Urban {
			urban++
		} else {
			rural++
		}
		if p.Term == "" || p.DistrictRU == "" || p.OkrugKK == "" {
			t.Errorf("place %v lacks a name or term: %+v", p.Code, p)
		}
	}
	if rural != 368 || urban != 5 || len(okrugs) != 136 {
		t.Errorf("rural, urban, okrugs = %d, %d, %d, want 368, 5, 136", rural, urban, len(okrugs))
	}
	if n := len(districtCodes(ps)); n != 11 {
		t.Errorf("districts = %d, want 11", n)
	}
}

func TestPopulationOf2023IsThePublishedOne(t *testing.T) {
	t.Parallel()
	m := model(t, simulate.Options{Seed: 7})
	for _, tt := range []struct {
		code auyl.AreaCode
		want int64
	}{
		{190000000, 1505984},
		{191000000, 70513},
		{193600000, 28816},
		{194000000, 284334},
		{194200000, 168019},
		{194400000, 28323},
		{195200000, 326547},
		{195800000, 29200},
		{196200000, 240022},
		{196600000, 63533},
		{196800000, 266677},
		{191800000, 0},
		{191010000, 55198},
		{193630100, 6254},
		{194020100, 41348},
		{195220100, 82379},
		{196830100, 32443},
	} {
		if got := m.Population(tt.code, day(t, "2023-01-01")); got != tt.want {
			t.Errorf("Population(%v, 2023-01-01) = %d, want %d", tt.code, got, tt.want)
		}
	}
}

func TestPopulationAddsUpOnEveryLevel(t *testing.T) {
	t.Parallel()
	ps := places(t)
	m := model(t, simulate.Options{Seed: 1})
	for _, s := range []string{"2023-01-01", "2024-01-01", "2025-04-01", "2026-07-01", "2026-11-01"} {
		d := day(t, s)
		total := m.Population(oblast, d)
		var sum, rural int64
		okrugs := make(map[auyl.AreaCode]int64)
		districts := make(map[auyl.AreaCode]int64)
		for _, p := range ps {
			n := m.Population(p.Code, d)
			if p.Code == p.Okrug { // a town that is an okrug is counted once
				n = m.Population(p.Okrug, d)
			}
			if n < 1 && (p.District != 191800000 || d >= day(t, "2024-01-01")) {
				t.Errorf("%s: %v %s has %d people", s, p.Code, p.NameRU, n)
			}
			sum += n
			okrugs[p.Okrug] += n
			districts[p.District] += n
			if !p.Urban {
				rural += n
			}
		}
		if sum != total {
			t.Errorf("%s: settlements add up to %d, the oblast is %d", s, sum, total)
		}
		for code, n := range okrugs {
			if got := m.Population(code, d); got != n {
				t.Errorf("%s: okrug %v is %d, its settlements add up to %d", s, code, got, n)
			}
		}
		for code, n := range districts {
			if got := m.Population(code, d); got != n {
				t.Errorf("%s: district %v is %d, its settlements add up to %d", s, code, got, n)
			}
		}
		if share := 100 * float64(rural) / float64(total); d >= day(t, "2024-01-01") && math.Abs(share-80.6) > 0.3 {
			t.Errorf("%s: rural share %.2f %%, want 80.6", s, share)
		}
		if s[:4] == "2026" && (total < 1_560_000 || total > 1_580_000) {
			t.Errorf("%s: oblast %d, want about 1.57 million", s, total)
		}
	}
	if n := m.Population(191800000, day(t, "2024-01-01")); n < 40_000 || n > 60_000 {
		t.Errorf("Alatau has %d people, want some 50,000", n)
	}
}

func TestOkrugsDifferInSize(t *testing.T) {
	t.Parallel()
	m := model(t, simulate.Options{Seed: 3})
	median := func(districts ...auyl.AreaCode) int64 {
		seen := make(map[auyl.AreaCode]bool)
		var sizes []int64
		for _, p := range places(t) {
			if !p.Urban && !seen[p.Okrug] && slices.Contains(districts, p.District) {
				seen[p.Okrug] = true
				sizes = append(sizes, m.Population(p.Okrug, day(t, "2026-01-01")))
			}
		}
		slices.Sort(sizes)
		return sizes[len(sizes)/2]
	}
	near, far := median(195200000, 196200000, 196800000), median(195800000, 194400000)
	if near < 6000 || far < 700 || far > 3500 || near < 3*far {
		t.Errorf("median okrug near the city, far from it = %d, %d, want some 6-20 thousand and 1-3 thousand", near, far)
	}
}

func TestPlacesThatDoNotCoverADistrictAreRefused(t *testing.T) {
	t.Parallel()
	all := places(t)
	none := slices.DeleteFunc(slices.Clone(all), func(p simulate.Place) bool { return p.District == 194400000 })
	strange := slices.Clone(all)
	strange[0].District = 331000000
	for name, ps := range map[string][]simulate.Place{
		"a district without places": none, "a district of another oblast": strange, "nothing": nil,
		"a place twice": append(slices.Clone(all), all[0]),
	} {
		if _, err := simulate.New(ps, simulate.Options{}); !errors.Is(err, simulate.ErrPlaces) {
			t.Errorf("New(%s) = %v, want ErrPlaces", name, err)
		}
	}
}
