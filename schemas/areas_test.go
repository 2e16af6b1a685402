package schemas_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

func areas(t *testing.T) *schemas.Areas {
	t.Helper()
	a, err := schemas.LoadAreas(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func code(t *testing.T, s string) auyl.AreaCode {
	t.Helper()
	c, err := auyl.ParseAreaCode(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func day(t *testing.T, s string) auyl.Day {
	t.Helper()
	d, err := auyl.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestRegistryCounts holds the registry to the classifier of 2026. The article
// that the project starts from counts 373 settlements; that is another count,
// and nothing here is bent to it.
func TestRegistryCounts(t *testing.T) {
	t.Parallel()
	today := day(t, "2026-11-24")
	got := map[string]int{}
	for _, a := range areas(t).All() {
		if !a.Valid(today) || a.Code.Oblast() != code(t, "190000000") {
			continue
		}
		got[a.Level.String()+"/"+a.Kind]++
		if a.Level == auyl.LevelSettlement && a.Rural {
			got["rural settlements"]++
		}
		if a.NameKK == "" || a.NameRU == "" {
			t.Errorf("area %s has no name in Kazakh or Russian", a.Code)
		}
	}
	want := map[string]int{
		"oblast/oblast": 1, "district/district": 9, "district/city_administration": 2,
		"okrug/rural_okrug": 130, "okrug/settlement_administration": 1, "rural settlements": 368,
	}
	for k, n := range want {
		if got[k] != n {
			t.Errorf("%s: %d, want %d", k, got[k], n)
		}
	}
}

func TestCodesMeanPlacesForATime(t *testing.T) {
	t.Parallel()
	a := areas(t)
	for _, tt := range []struct{ code, day, want string }{
		{"191000000", "2021-06-01", "Талдыкорган Г.А."},
		{"191000000", "2023-06-01", "Қонаев Г.А."},
		{"191800000", "2023-12-31", ""},
		{"191800000", "2024-06-01", "Алатау Г.А."},
		{"195200000", "2026-01-01", "Карасайский район"},
	} {
		got := ""
		if x, ok := a.At(code(t, tt.code), day(t, tt.day)); ok {
			got = x.NameRU
		}
		if got != tt.want {
			t.Errorf("At(%s, %s) = %q, want %q", tt.code, tt.day, got, tt.want)
		}
	}
	if v1, v2 := a.BoundaryVersion(day(t, "2021-01-01")), a.BoundaryVersion(day(t, "2023-01-01")); v1 == v2 || v2 != "2022-06-08" {
		t.Errorf("BoundaryVersion = %q and %q, want a change on 2022-06-08", v1, v2)
	}
}

func TestEveryPlaceLiesInItsDistrict(t *testing.T) {
	t.Parallel()
	a := areas(t)
	today := day(t, "2026-11-24")
	for _, x := range a.All() {
		if x.Level != auyl.LevelSettlement || !x.Valid(today) {
			continue
		}
		d, ok := a.Ancestor(x.Code, auyl.LevelDistrict, today)
		if !ok || d.Code != x.Code.District() {
			t.Errorf("district of %s %s = %v, want %s", x.Code, x.NameRU, d, x.Code.District())
		}
	}
}

func TestNamesAreFoundWithinAParentOnly(t *testing.T) {
	t.Parallel()
	a := areas(t)
	today := day(t, "2026-11-24")
	for _, name := range []string{"Жамбылский с.о.", "ЖАМБЫЛСКИЙ", "Жамбылский сельский округ", "Жамбыл а.о."} {
		if got := a.Named(code(t, "195200000"), name, today, auyl.LevelOkrug); len(got) != 1 || got[0].Code != code(t, "195234000") {
			t.Errorf("Named(195200000, %q) = %v, want 195234000", name, got)
		}
	}
}

func TestTaldauTerms(t *testing.T) {
	t.Parallel()
	a := areas(t)
	if got, ok := a.Term("251556"); !ok || got != code(t, "195200000") {
		t.Errorf("Term(251556) = %v, %v, want 195200000", got, ok)
	}
	if len(a.Terms()) != 12 {
		t.Errorf("%d terms, want the country and eleven units", len(a.Terms()))
	}
}

func TestFaultsOfTheRegistryNameTheirLine(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"areas/areas.csv": {Data: []byte("code,parent,level,kind,name_kk,name_ru,name_en,valid_from,valid_to,rural\n" +
			"000000000,,country,country,а,а,a,1970-01-01,,0\n" +
			"19000000,000000000,oblast,oblast,а,а,a,1970-01-01,,0\n" +
			"195200000,990000000,district,district,а,,a,1970-01-01,,0\n")},
		"areas/succession.csv":   {Data: []byte("from,to,effective,weight,kind\n195200000,195200000,2022-06-08,3,split\n")},
		"areas/taldau_terms.csv": {Data: []byte("term_id,code\n1,123456789\n")},
	}
	_, err := schemas.LoadAreas(files)
	for _, want := range []string{"areas/areas.csv:3: area code", "areas/areas.csv:4:", "parent 990000000", "areas/succession.csv:2: weight 3", "areas/taldau_terms.csv:2: area 123456789"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("LoadAreas = %v, want %q", err, want)
		}
	}
}
