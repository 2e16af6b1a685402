package schemas_test

import (
	"slices"
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
  - {id: c, names: {ru: а, kk: а, en: a}, unit: person, kind: rate, freq: [Q], level: okrug}
  - {id: v, names: {ru: а, kk: а, en: a}, unit: minute, kind: flow, freq: [M], level: okrug, event: {kind: call, measure: values(arrival), window: M}}
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
		_, err := schemas.LoadCatalogue(fstest.MapFS{"series/x.yaml": {Data: []byte(series)}, "parameters.yaml": {Data: []byte(goodParameters)}, "indicators/x.yaml": {Data: []byte(indicator)}})
		return err
	}
	if err := load(goodSeries, goodIndicator); err != nil {
		t.Fatalf("a good catalogue is refused: %v", err)
	}
	tests := []struct{ name, old, replacement, want string }{
		{"unknown series", "numerator: a", "numerator: aa + b", `indicators/x.yaml:9:16: indicator share: unknown series "aa"`},
		{"division", "numerator: a", "numerator: a / b", `indicators/x.yaml:9:18: indicator share: formula "a / b": operator /: only + - *, comparisons`},
		{"no denominator", "denominator: b", "denominator: \"\"", "ratio wants a denominator"},
		{"denominator of a sum", "rollup: ratio", "rollup: sum", "percentages are never added"},
		{"misspelled word", "rollup: ratio", "rollup: ration", `did you mean "ratio"?`},
		{"unknown key", "unit:", "units:", `unknown key "units"; did you mean "unit"?`},
		{"coverage", "minimum: 0.5", "minimum: 1.5", "want 0 ≤ minimum ≤ full ≤ 1"},
		{"bounds", "max: 100", "max: -1", "min 0 is not below max -1"},
		{"frequency", "freq: M", "freq: W", "series a has frequency [M], the indicator W"},
		{"unknown function", "numerator: a", `numerator: "a + yt(a)"`, `indicators/x.yaml:9:21: indicator share: formula "a + yt(a)": unknown function "yt"; did you mean "ytd"?`},
		{"function of the parser", "numerator: a", "numerator: sum(a)", `unknown function "sum"; want one of annual, days, max`},
		{"fifth decimal", "numerator: a", "numerator: a * 0.00005", "indicators/x.yaml:9:20: indicator share: formula \"a * 0.00005\": 5e-05 has more than four decimals"},
		{"too many arguments", "numerator: a", "numerator: ytd(a, a)", "ytd takes one argument, found 2"},
		{"too few arguments", "numerator: a", "numerator: max(a)", "max takes two arguments, found 1"},
		{"argument of days", "numerator: a", "numerator: a * days(1)", "indicators/x.yaml:9:20: indicator share: formula \"a * days(1)\": days takes no argument, found 1"},
		{"start of a flow", "numerator: a", "numerator: a - start(a)", "indicators/x.yaml:9:26: indicator share: start is of stocks, series a is a flow"},
		{"mean of a flow", "numerator: a", "numerator: mean(a)", "mean is of stocks, series a is a flow"},
		{"ytd of a stock", "denominator: b", "denominator: ytd(b)", "indicators/x.yaml:10:22: indicator share: ytd is of flows, series b is a stock"},
		{"ytd of a sum", "numerator: a", "numerator: ytd(a + a)", "ytd takes the name of a series, found a + a"},
		{"ytd of a parameter", "numerator: a", "numerator: a * ytd(mci)", "ytd is of series, mci is a parameter"},
		{"denominator of another frequency", "denominator: b", "denominator: c", "indicators/x.yaml:10:18: indicator share: series c has frequency [Q], the indicator M"},
		{"misspelled parameter", "numerator: a", "numerator: a * mcy", `unknown series "mcy"; did you mean "mci"?`},
		{"quantile of a flow", "denominator: b\n    factor: 100\n    rollup: ratio", "rollup: quantile\n    quantile: 0.9", "indicators/x.yaml:9:16: indicator share: rollup quantile is of one series of values(attribute)"},
		{"quantile above 1", "numerator: a\n    denominator: b\n    factor: 100\n    rollup: ratio", "numerator: v\n    rollup: quantile\n    quantile: 90", "indicators/x.yaml:11:15: indicator share: rollup quantile wants a quantile between 0 and 1"},
		{"sum of values", "numerator: a", "numerator: v", "a series of values(attribute) wants rollup quantile"},
		{"quantile of a ratio", "rollup: ratio", "rollup: ratio\n    quantile: 0.5", "only rollup quantile has a quantile"},
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

func TestFormulasThatAreUnderstood(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ freq, numerator, denominator string }{
		{"A", "a", "b"},
		{"Q", "ytd(a)", "mean(b)"},
		{"M", "ytd(prev_year(a))", "start(prev(b))"},
		{"S", "a * annual() - prev_year(a + 1)", "mean(b) * days() * months()"},
		{"Q", "max(0, b - start(b)) + (b < 0.99*start(b))", "min(a, b * mci)"},
		{"Q", "a", "c"},
		{"Q", "v\n    quantile: 0.9", ""},
	} {
		good := goodIndicator
		if tt.denominator == "" {
			good = strings.NewReplacer("    denominator: b\n", "", "rollup: ratio", "rollup: quantile").Replace(good)
		}
		text := strings.NewReplacer("freq: M", "freq: "+tt.freq, "numerator: a", "numerator: "+tt.numerator, "denominator: b", "denominator: "+tt.denominator).Replace(good)
		c, err := schemas.LoadCatalogue(fstest.MapFS{"series/x.yaml": {Data: []byte(goodSeries)}, "parameters.yaml": {Data: []byte(goodParameters)}, "indicators/x.yaml": {Data: []byte(text)}})
		if err != nil {
			t.Errorf("%s / %s: %v", tt.numerator, tt.denominator, err)
		} else if in := c.Indicators[0].Inputs; len(in) == 0 || slices.Contains(in, "mci") {
			t.Errorf("inputs of %s / %s = %v, want its series", tt.numerator, tt.denominator, in)
		}
	}
}

func TestCumulativeIsOfReportedFlows(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ old, replacement string }{
		{"max_age_days: 400", "max_age_days: 400, cumulative: true"},
		{"freq: [M], level: okrug", "freq: [M], level: okrug, cumulative: true, event: {kind: x, measure: count, window: M}"},
	} {
		text := strings.Replace(goodSeries, tt.old, tt.replacement, 1)
		_, err := schemas.LoadCatalogue(fstest.MapFS{"series/x.yaml": {Data: []byte(text)}, "indicators/x.yaml": {Data: []byte(goodIndicator)}})
		if err == nil || !strings.Contains(err.Error(), "only flows that are reported are cumulative") {
			t.Errorf("%s: %v", tt.replacement, err)
		}
	}
}
