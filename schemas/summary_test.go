package schemas_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/schemas"
)

const goodSummary = `id: x
version: 1
titles: {ru: а, kk: а, en: a}
audience: {ru: а, kk: а, en: a}
level: oblast
freq: M
languages: [kk, ru]
schedule: {cron: "0 9 12 * *", zone: Asia/Almaty, wait_for: {indicators: [share], level: okrug, share: 0.9, until_day: 20}}
sections:
  - {id: all, titles: {ru: а, kk: а, en: a}, shows: table, indicators: [share], themes: [x], level: okrug, compare: [previous, peers], limit: 5}
rules:
  - {id: low, when: below, indicator: share, level: okrug, value: 3}
  - {id: still, when: silent, sources: [x.y], days: 2}
`

func loadSummary(text string) ([]schemas.Summary, error) {
	files := fstest.MapFS{
		"series/x.yaml": {Data: []byte(goodSeries)}, "indicators/x.yaml": {Data: []byte(goodIndicator)}, "contracts/x.y.yaml": {Data: []byte(goodContract)},
		"summaries/x.yaml": {Data: []byte(text)},
	}
	cat, err := schemas.LoadCatalogue(files)
	if err != nil {
		return nil, err
	}
	contracts, err := schemas.LoadContracts(files, cat)
	if err != nil {
		return nil, err
	}
	return schemas.LoadSummaries(files, cat, contracts)
}

func TestFaultsOfASummaryNameTheirPlaceAndTheMend(t *testing.T) {
	t.Parallel()
	if list, err := loadSummary(goodSummary); err != nil || len(list) != 1 || list[0].Sections[0].Limit != 5 {
		t.Fatalf("a good summary is refused: %v", err)
	}
	for _, tt := range []struct{ name, old, replacement, want string }{
		{"unknown indicator", "indicators: [share], themes", "indicators: [sharre], themes", `summaries/x.yaml:10:73: unknown indicator "sharre"; did you mean "share"?`},
		{"unknown indicator of a rule", "when: below, indicator: share", "when: below, indicator: shrae", `unknown indicator "shrae"; did you mean "share"?`},
		{"unknown indicator that is waited for", "wait_for: {indicators: [share]", "wait_for: {indicators: [other]", `summaries/x.yaml:8:75: unknown indicator "other"; auyl indicator ls lists them`},
		{"unknown theme", "themes: [x]", "themes: [xx]", `unknown theme "xx"; did you mean "x"?`},
		{"unknown section", "shows: table", "shows: tabel", `unknown word "tabel"; did you mean "table"?`},
		{"unknown comparison", "compare: [previous", "compare: [previus", `unknown word "previus"; did you mean "previous"?`},
		{"unknown source", "sources: [x.y]", "sources: [x.z]", `unknown source "x.z"; did you mean "x.y"?`},
		{"unknown key", "limit: 5", "limits: 5", `unknown key "limits"; did you mean "limit"?`},
		{"unknown language", "languages: [kk, ru]", "languages: [kk, de]", `unknown word "de"; want one of kk, ru, en`},
		{"no language", "languages: [kk, ru]", "languages: []", `want one of kk, ru, en`},
		{"below the lowest level", "indicators: [share], themes: [x], level: okrug", "indicators: [share], themes: [x], level: settlement", "indicator share has no cells below level okrug"},
		{"above its own level", "level: oblast", "level: settlement", "lies above that of the summary"},
		{"cron of four fields", "0 9 12 * *", "0 9 12 *", "want five fields"},
		{"no such zone", "zone: Asia/Almaty", "zone: Asia/Almata", `zone "Asia/Almata": want one such as Asia/Almaty`},
		{"a share of 95", "share: 0.9", "share: 95", "want a share above 0 and up to 1, found 95"},
		{"a day that February lacks", "until_day: 20", "until_day: 30", "want a day that every month has"},
		{"name of another file", "id: x\n", "id: y\n", `id "y" in a file of the name "x"`},
		{"section twice", "rules:\n", "  - {id: all, titles: {ru: а, kk: а, en: a}, shows: feeds}\nrules:\n", `section "all": want an id of its own`},
		{"table of nothing", "indicators: [share], themes: [x], ", "", "table wants indicators or themes"},
		{"rule of nothing", "when: below, indicator: share, ", "when: below, ", `a rule "below" wants an indicator`},
		{"version 0", "version: 1", "version: 0", "versions count from 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(goodSummary, tt.old) {
				t.Fatalf("no %q in the good summary", tt.old)
			}
			_, err := loadSummary(strings.Replace(goodSummary, tt.old, tt.replacement, 1))
			if _, ok := errors.AsType[schemas.Problems](err); !ok || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "summaries/x.yaml:") {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
	if _, err := loadSummary("id: x\n"); err == nil {
		t.Error("a summary without anything passes")
	}
}

func TestSummariesOfTheHouseAreWhole(t *testing.T) {
	t.Parallel()
	h, err := schemas.Load(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, s := range h.Summaries {
		ids = append(ids, s.ID)
		if !slices.Equal(s.Languages, []string{"kk", "ru", "en"}) {
			t.Errorf("%s: languages %v", s.ID, s.Languages)
		}
	}
	want := []string{"alert", "district-monthly", "oblast-monthly", "oblast-yearly", "okrug-quarterly", "operations-weekly"}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Error(diff)
	}
}

func TestSectionsOfTheSchemaAreThoseOfTheLoader(t *testing.T) {
	t.Parallel()
	got := words(at(readSchema(t, "summary"), "$defs", "section", "properties", "shows")["enum"])
	want := schemas.SummarySections()
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzSummary(f *testing.F) {
	f.Add(goodSummary)
	f.Add("id: x\nsections: [1]\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := loadSummary(text)
		if (err == nil) != (len(list) == 1) {
			t.Errorf("%d summaries, error %v", len(list), err)
		}
	})
}
