package schemas_test

import (
	"testing"

	"github.com/auyl-kz/auyl/schemas"
)

// TestTheHouseIsInOrder holds areas, catalogue and contracts against each other.
func TestTheHouseIsInOrder(t *testing.T) {
	t.Parallel()
	h, err := schemas.Load(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Contracts) < 20 {
		t.Errorf("%d contracts, want those of the example", len(h.Contracts))
	}
}
