package schemas_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/auyl-kz/auyl/schemas"
)

func TestCatalogueCoversThemesAndRollups(t *testing.T) {
	t.Parallel()
	c, err := schemas.LoadCatalogue(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	themes, rollups, events := map[string]bool{}, map[string]bool{}, false
	for _, i := range c.Indicators {
		themes[i.Theme] = true
		rollups[i.Rollup] = true
		for _, s := range i.Inputs {
			events = events || c.SeriesOf(s).Event != nil
		}
	}
	if len(c.Indicators) < 20 || len(themes) < 8 || !events {
		t.Errorf("%d indicators of %d themes, from events: %v; want 20 of 8, and one from events", len(c.Indicators), len(themes), events)
	}
	for _, r := range []string{"sum", "ratio", "weighted", "last", "direct"} {
		if !rollups[r] {
			t.Errorf("no indicator rolls up as %s", r)
		}
	}
	if got := c.Nearest("populaton_total"); got != "population_total" {
		t.Errorf("Nearest(populaton_total) = %q", got)
	}
}

const goodSeries = `series:
  - {id: a, names: {ru: а, kk: а, en: a}, unit: person, kind: flow, freq: [M], level: okrug}
  - {id: b, names: {ru: а, kk: а, en: a}, unit: person, kind: stock, freq: [D], level: okrug, max_age_days: 400}
`

const goodIndicator = `indicators:
  - id: share
    names: {ru: а, kk: а, en: a}
    description: {ru: а, kk: а, en: a}
    unit: "%"
    direction: higher
    freq: M
    level: okrug
    numerator: a
    denominator: b
    factor: 100
    rollup: ratio
    coverage: {minimum: 0.5, full: 0.95}
    plausible: {min: 0, max: 100}
    controllable: full
    sources: [x.y]
    version: 1
`

func TestFaultsOfTheCatalogueNameTheirPlace(t *testing.T) {
	t.Parallel()
	load := func(series, indicator string) error {
		_, err := schemas.LoadCatalogue(fstest.MapFS{"series/x.yaml": {Data: []byte(series)}, "indicators/x.yaml": {Data: []byte(indicator)}})
		return err
	}
	if err := load(goodSeries, goodIndicator); err != nil {
		t.Fatalf("a good catalogue is refused: %v", err)
	}
	tests := []struct{ name, old, replacement, want string }{
		{"unknown series", "numerator: a", "numerator: aa + b", `indicators/x.yaml:9:16: indicator share: unknown series "aa"`},
		{"division", "numerator: a", "numerator: a / b", "only + - * and comparisons"},
		{"no denominator", "denominator: b", "denominator: \"\"", "ratio wants a denominator"},
		{"denominator of a sum", "rollup: ratio", "rollup: sum", "percentages are never added"},
		{"misspelled word", "rollup: ratio", "rollup: ration", `did you mean "ratio"?`},
		{"unknown key", "unit:", "units:", `unknown key "units"; did you mean "unit"?`},
		{"coverage", "minimum: 0.5", "minimum: 1.5", "want 0 ≤ minimum ≤ full ≤ 1"},
		{"bounds", "max: 100", "max: -1", "min 0 is not below max -1"},
		{"frequency", "freq: M", "freq: Q", "series a has frequency [M], the indicator Q"},
		{"no version", "version: 1", "version: 0", "versions count from 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := load(goodSeries, strings.Replace(goodIndicator, tt.old, tt.replacement, 1))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("LoadCatalogue = %v, want %q", err, tt.want)
			}
		})
	}
	if err := load(strings.Replace(goodSeries, ", max_age_days: 400", "", 1), goodIndicator); err == nil || !strings.Contains(err.Error(), "series/x.yaml:3") {
		t.Errorf("a stock without an age: %v, want its line", err)
	}
}
