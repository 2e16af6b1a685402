package transform_test

import (
	"os"
	"testing"

	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/transform"
)

// TestCatalogueOfTheHouseCompiles: every formula that we ship is one that the
// engine computes.
func TestCatalogueOfTheHouseCompiles(t *testing.T) {
	t.Parallel()
	fsys := os.DirFS("../schemas")
	cat, err := schemas.LoadCatalogue(fsys)
	if err != nil {
		t.Fatal(err)
	}
	areas, err := schemas.LoadAreas(fsys)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := transform.NewDistrict(cat, areas, transform.Options{Key: make([]byte, 32)}); err != nil {
		t.Error(err)
	}
	if _, err := transform.NewOblast(cat, areas, transform.Options{Key: make([]byte, 32)}); err != nil {
		t.Error(err)
	}
	if n := len(transform.ModelOf(cat).Indicators); n == 0 || n != len(cat.Indicators) {
		t.Errorf("%d indicators of %d", n, len(cat.Indicators))
	}
}
