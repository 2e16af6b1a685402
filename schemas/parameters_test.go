package schemas_test

import (
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

type parametersFile struct {
	Parameters []schemas.Parameter `yaml:"parameters,required"`
}

// kindOf is what a file of the house is told by: its folder, or its name where
// it lies beside the folders.
func kindOf(file string) string {
	if d := path.Dir(file); d != "." {
		return d
	}
	return file
}

const goodParameters = `parameters:
  - id: mci
    names: {ru: а, kk: а, en: a}
    unit: KZT
    values:
      - {from: 2025-01-01, value: 3932, act: x}
      - {from: 2026-01-01, value: 4325.25, act: x}
`

func TestFaultsOfParametersNameTheirPlace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ old, replacement, want string }{
		{"id: mci", "id: a", "parameters.yaml:2:9: parameter a: a series has this name"},
		{"id: mci", "id: M-C-I", "want lower-case words"},
		{"2026-01-01", "2025-01-01", "parameters.yaml:7:16: parameter mci: 2025-01-01 does not follow 2025-01-01"},
		{"4325.25", "4325.12345", "parameters.yaml:7:35: parameter mci: 4325.12345 has more than four decimals"},
		{"2026-01-01", "2026-02-30", "parameters.yaml:7:16"},
		{", act: x}", "}", `key "act" is missing`},
	} {
		text := strings.Replace(goodParameters, tt.old, tt.replacement, 1)
		_, err := schemas.LoadCatalogue(fstest.MapFS{"series/x.yaml": {Data: []byte(goodSeries)}, "parameters.yaml": {Data: []byte(text)}, "indicators/x.yaml": {Data: []byte(goodIndicator)}})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.replacement, err, tt.want)
		}
	}
}

func TestParametersOfTheHouse(t *testing.T) {
	t.Parallel()
	c, err := schemas.LoadCatalogue(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"mci", "minimum_wage", "subsistence_minimum", "ambulance_norm_cat1", "head_weight_sheep", "appeals_working_days", "disclosure_k"} {
		if c.Parameter(id) == nil {
			t.Errorf("no parameter %s", id)
		}
	}
	if v := c.Parameter("mci").Values; v[1].Decimal() != 4325*auyl.DecimalOne {
		t.Errorf("MCI of 2026 = %v", v[1])
	}
}

func TestSchemasRefuseBadParametersAndQuantiles(t *testing.T) {
	t.Parallel()
	quantile := strings.NewReplacer("    denominator: b\n", "", "numerator: a", "numerator: v", "rollup: ratio", "rollup: quantile\n    quantile: 0.9").Replace(goodIndicator)
	for _, tt := range []struct{ schema, text, old, replacement string }{
		{"parameters", goodParameters, "", ""},
		{"parameters", goodParameters, "2025-01-01", "2025"},
		{"parameters", goodParameters, "value: 3932", "value: many"},
		{"parameters", goodParameters, ", act: x", ""},
		{"parameters", goodParameters, "id: mci", "id: MCI"},
		{"indicators", quantile, "", ""},
		{"indicators", quantile, "quantile: 0.9", "quantile: 90"},
		{"indicators", quantile, "rollup: quantile", "rollup: p90"},
	} {
		err := validate(t, compileSchema(t, tt.schema), []byte(strings.Replace(tt.text, tt.old, tt.replacement, 1)))
		if (err == nil) != (tt.old == "") {
			t.Errorf("%s with %q for %q: %v", tt.schema, tt.replacement, tt.old, err)
		}
	}
}
