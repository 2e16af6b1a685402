package schemas_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// TestPagesCountWhatThereIs holds the numbers that README and docs give to the house.
func TestPagesCountWhatThereIs(t *testing.T) {
	t.Parallel()
	h, err := schemas.Load(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	published := 0
	for _, c := range h.Contracts {
		if c.Origin == auyl.OriginReal {
			published++
		}
	}
	themes := map[string]bool{}
	for _, i := range h.Catalogue.Indicators {
		themes[i.Theme] = true
	}
	for file, want := range map[string]string{
		"../README.md":       fmt.Sprintf("There are %d sources, %d of them real figures as published and the others synthetic, and %d indicators of %d themes", len(h.Contracts), published, len(h.Catalogue.Indicators), len(themes)),
		"../docs/sources.md": fmt.Sprintf("There are %d contracts, %d of them of real figures as published", len(h.Contracts), published),
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), want) {
			t.Errorf("%s does not say %q", file, want)
		}
	}
}
