package schemas_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// sum writes an indicator that is the sum of a formula.
func sum(id, numerator string) string {
	s := strings.Replace(strings.TrimPrefix(goodIndicator, "indicators:\n"), "id: share", "id: "+id, 1)
	for from, to := range map[string]string{
		"numerator: a": "numerator: " + numerator, "    denominator: b\n": "", "    factor: 100\n": "", "rollup: ratio": "rollup: sum",
	} {
		s = strings.Replace(s, from, to, 1)
	}
	return s
}

func TestIndicatorsOfIndicatorsAreWrittenOut(t *testing.T) {
	t.Parallel()
	ratio := strings.TrimPrefix(goodIndicator, "indicators:\n")
	load := func(indicators ...string) (*schemas.Catalogue, error) {
		return schemas.LoadCatalogue(fstest.MapFS{
			"series/s.yaml":     {Data: []byte(goodSeries)},
			"indicators/x.yaml": {Data: []byte("indicators:\n" + strings.Join(indicators, "\n"))},
		})
	}
	// Named in the wrong order on purpose: z is used before it is written down.
	c, err := load(sum("k", "2 * indicator(z) - indicator( y )"), sum("y", "indicator(z)"), sum("z", "a + prev(a)"), strings.Replace(ratio, "numerator: a", "numerator: indicator(y)", 1))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, i := range c.Indicators {
		got[string(i.ID)] = fmt.Sprint(i.Numerator, " ", i.Uses, " ", i.Inputs)
	}
	want := map[string]string{
		"k": "2 * (a + prev(a)) - (a + prev(a)) [z y] [a]", "y": "a + prev(a) [z] [a]", "z": "a + prev(a) [] [a]", "share": "a + prev(a) [y] [a b]",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("formulas (-want +got):\n%s", d)
	}
	// Another formula of a part is another formula of the whole.
	before := c.Indicator("k").FormulaHash()
	if c, err = load(sum("k", "2 * indicator(z) - indicator(y)"), sum("y", "indicator(z)"), sum("z", "a")); err != nil {
		t.Fatal(err)
	}
	if c.Indicator(auyl.IndicatorID("k")).FormulaHash() == before {
		t.Error("k has the hash that it had under another formula of z")
	}

	for _, tt := range []struct {
		name       string
		indicators []string
		want       string
	}{
		{"a circle", []string{sum("k", "indicator(y) + a"), sum("y", "indicator(z)"), sum("z", "1 + indicator(k)")}, "indicators go around in a circle: k → y → z → k"},
		{"itself", []string{sum("k", "indicator(k)")}, "indicators go around in a circle: k → k"},
		{"unknown", []string{sum("k", "indicator(kk)")}, `indicators/x.yaml:9:16: indicator k: unknown indicator "kk"; did you mean "k"?`},
		{"a ratio", []string{sum("k", "a + indicator(share)"), ratio}, "indicators/x.yaml:9:20: indicator k: indicator share is a ratio: what is not a sum of its parts cannot be a part; use its series"},
		{"other dims", []string{sum("k", "indicator(z)"), sum("z", "a\n    numerator_dims: sex=f")}, `indicator z has numerator_dims "sex=f", this formula "": want the same`},
		{"of an expression", []string{sum("k", "indicator(a + a)")}, `unknown function "indicator"`},
	} {
		if _, err := load(tt.indicators...); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}
