package schemas_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/auyl-kz/auyl/schemas"
)

func TestWhatPersonsAreCountedFromIsNotQuoted(t *testing.T) {
	t.Parallel()
	sensitive := func(s string) string {
		return strings.Replace(s, "    sources:", "    sensitive: true\n    sources:", 1)
	}
	plain := strings.Replace(goodContract, "n: {type: number}", "n: {type: number, harmless: true}", 1)
	constant := strings.Replace(plain, "value: n", "value: =1", 1)
	calls := strings.Replace(plain, "measures:\n  - {series: a, value: n}\n", "event: {kind: call, id: place, occurred_at: t, reported_at: t, attributes: [{name: arrival, field: n}]}\n", 1)
	calls = strings.Replace(calls, "  day: {type: period}", "  day: {type: period}\n  t: {type: instant, harmless: true}", 1)
	ofCalls := strings.NewReplacer("numerator: a", "numerator: calls", "    denominator: b\n", "", "    factor: 100\n", "", "rollup: ratio", "rollup: sum").Replace(goodIndicator)
	series := goodSeries + "  - {id: calls, names: {ru: а, kk: а, en: a}, unit: person, kind: flow, freq: [M], level: okrug, event: {kind: call, measure: count, window: M}}\n"
	for _, tt := range []struct{ name, indicators, contract, want string }{
		{"of an open indicator", goodIndicator, plain, ""},
		{"not quoted", sensitive(goodIndicator), goodContract, ""},
		{"a constant", sensitive(goodIndicator), constant, ""},
		{"quoted", sensitive(goodIndicator), plain, `contracts/x.y.yaml:15:6: field "n" feeds series a, which counts persons`},
		{"events of an open indicator", ofCalls, calls, ""},
		{"an attribute of events", sensitive(ofCalls), calls, `field "n" tells of events of kind call`},
		{"an instant of events", sensitive(ofCalls), calls, `field "t" tells of events of kind call`},
	} {
		files := fstest.MapFS{
			"series/x.yaml": {Data: []byte(series)}, "parameters.yaml": {Data: []byte(kParameter)},
			"indicators/x.yaml": {Data: []byte(tt.indicators)}, "contracts/x.y.yaml": {Data: []byte(tt.contract)},
		}
		cat, err := schemas.LoadCatalogue(files)
		if err == nil {
			_, err = schemas.LoadContracts(files, cat)
		}
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "take harmless away")) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}
