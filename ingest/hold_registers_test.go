package ingest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/simulate"
)

// TestSyntheticRegistersHaveNoBreaks: the model of the oblast has seasons, late
// reports and corrections, and none of them is taken for a break. What it has of
// repeated deliveries are drafts of budgets with last month's figures.
func TestSyntheticRegistersHaveNoBreaks(t *testing.T) {
	if testing.Short() {
		t.Skip("decodes eight months of all registers")
	}
	t.Parallel()
	house, err := schemas.Load(schemas.FS)
	must(t, err)
	now, err := auyl.ParseDay("2026-11-01")
	must(t, err)
	m, err := simulate.New(simulate.PlacesOf(house.Areas.All(), now, house.Areas.Terms()), simulate.Options{Seed: 19, Now: now, Months: 8})
	must(t, err)
	dir := t.TempDir()
	_, err = m.WriteRegisters(dir)
	must(t, err)
	files, err := filepath.Glob(filepath.Join(dir, "*@*"))
	must(t, err)
	slices.SortFunc(files, func(a, b string) int {
		return strings.Compare(strings.TrimSuffix(a, filepath.Ext(a)), strings.TrimSuffix(b, filepath.Ext(b)))
	})
	o := &order{tb: t, d: ingest.NewDecoder(house.Contracts, house.Areas, ingest.DecodeOptions{HashKey: []byte("a key of sixteen bytes and more")}), past: map[string][]byte{}}
	for _, f := range files {
		body, err := os.ReadFile(f)
		must(t, err)
		name := filepath.Base(f)
		for _, reason := range heldFor(t, o.decode(o.page(name, string(body)), string(body))) {
			if !strings.HasPrefix(name, "akimat.okrug_budget_execution@") || reason != schemas.HoldRepeated {
				t.Errorf("%s is held back: %s", name, reason)
			}
		}
	}
	if len(files) < 100 {
		t.Errorf("%d files, want some hundreds", len(files))
	}
}
