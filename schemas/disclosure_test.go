package schemas_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/auyl-kz/auyl/schemas"
)

const kParameter = `parameters:
  - {id: disclosure_k, names: {ru: к, kk: к, en: k}, unit: person, values: [{from: 2000-01-01, value: 5, act: x}]}
`

// second is goodIndicator under another id.
func second(indicator string) string {
	return strings.Replace(strings.TrimPrefix(indicator, "indicators:\n"), "id: share", "id: other", 1)
}

func TestSensitiveIndicatorsAreHeldToWhatCanBeProtected(t *testing.T) {
	t.Parallel()
	sensitive := strings.Replace(goodIndicator, "    sources:", "    sensitive: true\n    sources:", 1)
	with := func(s, disclosure string) string {
		return strings.Replace(s, "    sensitive: true\n", "    sensitive: true\n    disclosure: "+disclosure+"\n", 1)
	}
	for _, tt := range []struct{ name, parameters, indicators, want string }{
		{"the parameter", kParameter, sensitive, ""},
		{"a minimum of its own", goodParameters, with(sensitive, "{minimum: 10}"), ""},
		{"neither", goodParameters, sensitive, "want disclosure: {minimum: 5} or a parameter disclosure_k"},
		{"nothing to count", goodParameters, with(sensitive, "{count: none}"), ""},
		{"not sensitive", kParameter, strings.Replace(goodIndicator, "    sources:", "    disclosure: {count: both}\n    sources:", 1), "want sensitive: true"},
		{"unknown word", kParameter, with(sensitive, "{count: bothh}"), `unknown word "bothh"; did you mean "both"?`},
		{"half a person", kParameter, with(sensitive, "{minimum: 2.5}"), "want a whole number of persons"},
		{"a mean", kParameter, strings.Replace(sensitive, "rollup: ratio", "rollup: weighted", 1), "weighted cannot be protected against disclosure"},
		{"no denominator", kParameter, with(strings.NewReplacer("    denominator: b\n", "", "    factor: 100\n", "", "rollup: ratio", "rollup: sum").Replace(sensitive), "{count: denominator}"), "counts the denominator, and there is none"},
		{"shown by another", kParameter, sensitive + second(goodIndicator), "indicator other: series a counts persons in the sensitive indicator share"},
		{"hidden alike", kParameter, sensitive + second(strings.Replace(sensitive, "factor: 100", "factor: 1000", 1)), ""},
		{"hidden otherwise", kParameter, sensitive + second(with(sensitive, "{count: both}")), "indicator other: series a counts persons"},
		{"looked at", kParameter, sensitive + second(with(sensitive, "{count: none}")), ""},
	} {
		c, err := schemas.LoadCatalogue(fstest.MapFS{
			"series/x.yaml": {Data: []byte(goodSeries)}, "parameters.yaml": {Data: []byte(tt.parameters)}, "indicators/x.yaml": {Data: []byte(tt.indicators)},
		})
		switch {
		case tt.want == "" && err != nil, tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		case err == nil && c.Counted("a") == (tt.name == "nothing to count") || err == nil && c.Counted("b"):
			t.Errorf("%s: a is counted: %v, b: %v", tt.name, c.Counted("a"), c.Counted("b"))
		}
	}
}
