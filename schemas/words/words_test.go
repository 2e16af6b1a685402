package words_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/words"
)

func TestFormulasAreReadWithTheNamesOfTheirSeries(t *testing.T) {
	t.Parallel()
	names := func(en string) schemas.Names { return schemas.Names{KK: en + " kk", RU: en + " ru", EN: en} }
	c := &schemas.Catalogue{
		Series:     []schemas.Series{{ID: "a", Names: names("A")}, {ID: "b", Names: names("B")}},
		Parameters: []schemas.Parameter{{ID: "mci", Names: names("MCI")}},
	}
	for _, tt := range []struct {
		ind  schemas.Indicator
		lang words.Lang
		want string
	}{
		{schemas.Indicator{Numerator: "a", Denominator: "b", Factor: 100}, words.English, "100 × «A» / «B»"},
		{schemas.Indicator{Numerator: "a - (b - a) * 2", Denominator: "a + b"}, words.English, "(«A» − («B» − «A») × 2) / («A» + «B»)"},
		{schemas.Indicator{Numerator: "a - (b + a)"}, words.English, "«A» − («B» + «A»)"},
		{schemas.Indicator{Numerator: "ytd(a) > 2500*mci"}, words.Russian, "«A ru» (с 1 января) > 2500 × «MCI ru»"},
		{schemas.Indicator{Numerator: "not (a > 0) and start(b) <= 1", NumeratorDims: "sex=f"}, words.Kazakh, "(«A kk» > 0) емес және «B kk» (кезең басында) ≤ 1 [sex=f]"},
		{schemas.Indicator{Numerator: "max(0, prev_year(a)) * annual()"}, words.English, "the larger of (0; «A» (a year before)) × (days of the year / days of the period)"},
		{schemas.Indicator{Numerator: "a", Factor: 1. / 60, Rollup: "quantile", Quantile: 0.9}, words.Russian, "1/60 × квантиль 0.9 от значений «A ru»"},
	} {
		if got := words.Formula(c, &tt.ind, tt.lang); got != tt.want {
			t.Errorf("Formula(%s / %s, %s)\n got %s\nwant %s", tt.ind.Numerator, tt.ind.Denominator, tt.lang, got, tt.want)
		}
	}
}

// TestPageIsThatOfTheCatalogue holds the committed page against the catalogue, and
// looks for words that were not found.
func TestPageIsThatOfTheCatalogue(t *testing.T) {
	t.Parallel()
	h, err := schemas.Load(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../docs/indicators.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, words.Page(h)) {
		t.Error("docs/indicators.md is not that of the catalogue: make generate")
	}
	for i := range h.Catalogue.Indicators {
		ind := &h.Catalogue.Indicators[i]
		for _, l := range []words.Lang{words.Kazakh, words.Russian, words.English} {
			if f := words.Formula(h.Catalogue, ind, l); strings.Contains(f, "%!") || !strings.Contains(f, "«") {
				t.Errorf("formula of %s in %s: %s", ind.ID, l, f)
			}
		}
	}
}
