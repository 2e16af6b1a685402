package schemas_test

import (
	"slices"
	"testing"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// TestEconomyThemesAreComplete names what is to be measured of demography,
// investment and business, and the lowest level that its sources know.
func TestEconomyThemesAreComplete(t *testing.T) {
	t.Parallel()
	house, err := schemas.Load(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]map[auyl.IndicatorID]auyl.Level{
		"demography": {
			"population_total": auyl.LevelSettlement, "population_growth_rate": auyl.LevelOkrug, "birth_rate_crude": auyl.LevelDistrict,
			"death_rate_crude": auyl.LevelDistrict, "natural_increase_rate": auyl.LevelDistrict, "net_migration_rate": auyl.LevelDistrict,
			"dependency_ratio_total": auyl.LevelOkrug, "dependency_ratio_young": auyl.LevelOkrug, "rural_population_share": auyl.LevelDistrict,
			"infant_mortality_rate": auyl.LevelDistrict, "settlements_depopulating_share": auyl.LevelOkrug,
			"net_migration_household_book": auyl.LevelOkrug,
		},
		"investment": {
			"investment_per_capita": auyl.LevelDistrict, "investment_volume_index": auyl.LevelDistrict, "investment_private_share": auyl.LevelDistrict,
			"investment_projects_on_time": auyl.LevelOkrug, "investment_new_sites_per_10000": auyl.LevelOkrug,
		},
		"business": {
			"sme_active_per_1000": auyl.LevelOkrug, "sme_active_share": auyl.LevelOkrug, "sme_employment_share": auyl.LevelDistrict,
			"business_birth_rate": auyl.LevelOkrug, "business_net_growth": auyl.LevelOkrug, "peasant_farms_per_1000": auyl.LevelOkrug,
			"retail_turnover_per_capita": auyl.LevelDistrict, "procurement_local_share": auyl.LevelOkrug, "procurement_competitive_share": auyl.LevelOkrug,
		},
	}
	got := map[string]int{}
	for _, i := range house.Catalogue.Indicators {
		ids, ok := want[i.Theme]
		if !ok {
			continue
		}
		got[i.Theme]++
		if level, ok := ids[i.ID]; !ok || level != i.Level {
			t.Errorf("%s: %s at level %s, want %s", i.Theme, i.ID, i.Level, level)
		}
		// What an indicator is made of must come from its own sources: each of its
		// series from one of them at least, and each source for one of its series.
		for _, s := range i.Inputs {
			if !slices.ContainsFunc(i.Sources, func(id auyl.SourceID) bool { return feeds(house, id, s) }) {
				t.Errorf("%s: no source of %s among %v", i.ID, s, i.Sources)
			}
		}
		for _, id := range i.Sources {
			if !slices.ContainsFunc(i.Inputs, func(s auyl.SeriesID) bool { return feeds(house, id, s) }) {
				t.Errorf("%s: source %s gives none of %v", i.ID, id, i.Inputs)
			}
		}
	}
	for theme, ids := range want {
		if got[theme] != len(ids) {
			t.Errorf("%s: %d indicators, want %d", theme, got[theme], len(ids))
		}
	}
}

// feeds reports whether a source gives a series.
func feeds(h *schemas.House, id auyl.SourceID, series auyl.SeriesID) bool {
	c := h.Contracts[id]
	if s := h.Catalogue.SeriesOf(series); s != nil && s.Event != nil {
		return c.Event != nil && c.Event.Kind == s.Event.Kind
	}
	return slices.ContainsFunc(c.Measures, func(m schemas.Measure) bool { return m.Series == series })
}
