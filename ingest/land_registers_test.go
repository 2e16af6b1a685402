package ingest_test

import (
	"bytes"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/simulate"
)

// landSources are the registers about money and land, with the series that each
// must fill.
func landSources() map[auyl.SourceID][]string {
	return map[auyl.SourceID][]string{
		"minfin.local_budget": {
			"tax_revenue", "nontax_revenue", "capital_sales_revenue", "transfers_received", "revenue_total", "own_revenue_plan_period", "rent_revenue",
			"expenditure_plan", "expenditure_plan_period", "expenditure_actual", "expenditure_development",
		},
		"akimat.okrug_budget_execution": {"budget_line_plan_year", "budget_line_plan_period", "budget_line_actual"},
		"kgd.tax_receipts": {
			"property_tax_paid", "property_tax_accrued", "land_tax_paid", "land_tax_accrued", "transport_tax_paid", "transport_tax_accrued",
			"local_tax_arrears", "local_tax_accrued_12m", "tax_payers", "taxpayers_with_payments",
		},
		"moa.livestock_id": {
			"cattle_registered", "sheep_registered", "horse_registered", "camel_registered", "cattle_registered_household",
			"sheep_registered_household", "horse_registered_household", "camel_registered_household", "livestock_born", "livestock_died",
			"heads_due", "heads_vaccinated",
		},
		"land.cadastre": {
			"land_area_ha", "irrigated_total_ha", "irrigated_used_ha", "pasture_norm_cattle", "pasture_norm_sheep", "pasture_norm_horse", "pasture_norm_camel",
		},
		"land.pasture_balance": {
			"pasture_available_ha", "pasture_public_ha", "pasture_watered_ha", "pasture_degraded_ha", "pasture_heads", "pasture_need_published",
		},
		"land.pasture_returns": {"pasture_returned_ha"},
		"bns.region_tables":    {"cereal_harvest", "cereal_harvested_area", "cereal_yield_published"},
		"bns.agri_output": {
			"gross_agri_output", "milk_gross", "meat_slaughter_weight", "food_manufacturing_output", "agri_volume_index_published", "cows_end",
		},
	}
}

// figures are observations in words by "series[dims] area period".
type figures map[string]auyl.Decimal

func (f figures) of(series, area, period string) (auyl.Decimal, bool) {
	v, ok := f[series+"[] "+area+" "+period]
	return v, ok
}

// landFigures decodes every export of a source, a later one over an earlier one.
func landFigures(t *testing.T, m *simulate.Model, d *ingest.Decoder, source auyl.SourceID) (got figures, flow [5]uint64, reasons map[string]int) {
	t.Helper()
	got, reasons = figures{}, map[string]int{}
	files := m.Files()
	slices.SortStableFunc(files, func(a, b simulate.File) int { return int(a.Released - b.Released) })
	for _, f := range files {
		if f.Source != source {
			continue
		}
		body, err := m.Render(f)
		must(t, err)
		if flow[0] == 0 {
			again, err := m.Render(f)
			must(t, err)
			if !bytes.Equal(body, again) {
				t.Errorf("%s has other bytes the second time", f.Name)
			}
		}
		out, err := d.Decode(&wire.RawPage{Url: f.Name, Vintage: &wire.Vintage{Source: string(source), Run: "r", Page: 1, RecordedAtMs: 1, ReleasedAtMs: 1}}, body)
		must(t, err)
		w := out.Flow
		for i, n := range []uint64{w.GetRecordsIn(), w.GetRecordsUsed(), w.GetRecordsSkipped(), w.GetRecordsDead(), w.GetObservations()} {
			flow[i] += n
		}
		for _, p := range out.Payloads {
			if personal.Match(p.Data) {
				t.Errorf("%s: a number of a person left decode in %s", f.Name, p.Subject)
			}
		}
		s := words(t, out)
		for _, l := range s.Dead {
			reason := "other"
			for _, r := range []string{ingest.ReasonArea, ingest.ReasonRange, ingest.ReasonDuplicate} {
				if strings.Contains(l, " "+r+" ") {
					reason = r
				}
			}
			if reason == "other" {
				t.Errorf("%s: %s", f.Name, l)
			}
			reasons[reason]++
		}
		for _, o := range s.Obs { // partition series[dims] area period value status
			p := strings.Fields(o)
			n := len(p) // a dimension may hold blanks
			v, err := auyl.ParseDecimal(p[n-2])
			must(t, err)
			got[strings.Join(p[1:n-2], " ")] = v
		}
	}
	return got, flow, reasons
}

var personal = regexp.MustCompile(`991231[56]\d{5}|\+7 \(000\)`)

func landModel(t *testing.T) (*simulate.Model, *ingest.Decoder) {
	t.Helper()
	areas, err := schemas.LoadAreas(os.DirFS("../schemas"))
	must(t, err)
	now, err := auyl.ParseDay("2026-11-01")
	must(t, err)
	m, err := simulate.New(simulate.PlacesOf(areas.All(), now, areas.Terms()), simulate.Options{Seed: 19, Now: now, Months: 24})
	must(t, err)
	house, err := schemas.Load(schemas.FS)
	must(t, err)
	return m, ingest.NewDecoder(house.Contracts, house.Areas, ingest.DecodeOptions{})
}

// TestLandRegistersDecodeUnderTheirContracts holds every export to its contract:
// nothing is lost, few records are dead, every series is filled; and figures of one
// okrug and period fit each other, over all sources.
//
//nolint:tparallel // the sources are held to each other afterwards
func TestLandRegistersDecodeUnderTheirContracts(t *testing.T) {
	t.Parallel()
	m, d := landModel(t)
	all := figures{}
	for source, series := range landSources() {
		t.Run(string(source), func(t *testing.T) {
			got, flow, reasons := landFigures(t, m, d, source)
			if flow[0] != flow[1]+flow[2]+flow[3] {
				t.Errorf("in %d, used %d, skipped %d, dead %d: they do not add up", flow[0], flow[1], flow[2], flow[3])
			}
			if flow[0] < 150 || flow[3]*100 > flow[0] {
				t.Errorf("%d records, %d dead: want more than 150, and at most one in a hundred dead", flow[0], flow[3])
			}
			maps.Copy(all, got)
			filled := map[string]int{}
			for k := range got {
				name, _, _ := strings.Cut(k, "[")
				filled[name]++
			}
			for _, s := range series {
				if filled[s] == 0 {
					t.Errorf("series %s has no figure", s)
				}
			}
			if len(filled) != len(series) {
				t.Errorf("series %v, want %v", filled, series)
			}
			t.Logf("in %d used %d skipped %d dead %d %v obs %d", flow[0], flow[1], flow[2], flow[3], reasons, flow[4])
		})
	}
	partsFit(t, all)
	needFits(t, all)
}

// partsFit holds parts to their wholes.
func partsFit(t *testing.T, all figures) {
	t.Helper()
	for _, c := range []struct {
		part, whole string
		times       float64 // that the part may be of the whole
		least       int
	}{
		{"tax_revenue", "revenue_total", 1, 2500},
		{"rent_revenue", "nontax_revenue", 1, 2500},
		{"expenditure_development", "expenditure_actual", 0.6, 2500},
		{"expenditure_actual", "expenditure_plan_period", 1, 2500},
		{"property_tax_paid", "property_tax_accrued", 1, 2500},
		{"transport_tax_paid", "tax_revenue", 0.6, 2500},
		{"heads_vaccinated", "heads_due", 1, 2000},
		{"cattle_registered_household", "cattle_registered", 1, 2500},
		{"irrigated_used_ha", "irrigated_total_ha", 1, 200},
		{"pasture_public_ha", "pasture_available_ha", 1, 200},
		{"pasture_degraded_ha", "pasture_available_ha", 1, 200},
		{"cereal_harvested_area", "cereal_harvest", 0.2, 15},
	} {
		n := 0
		for k, whole := range all {
			name, rest, _ := strings.Cut(k, "[] ")
			if name != c.whole {
				continue
			}
			area, period, _ := strings.Cut(rest, " ")
			part, ok := all.of(c.part, area, period)
			if !ok || whole <= 0 {
				continue
			}
			n++
			if part.Float64() > whole.Float64()*c.times+0.2 {
				t.Errorf("%s %s: %s is %s, %s is %s", area, period, c.part, part, c.whole, whole)
			}
		}
		if n < c.least {
			t.Errorf("%s and %s meet %d times, want at least %d", c.part, c.whole, n, c.least)
		}
	}
}

// needFits holds the need that the balance states to what heads and norms give.
func needFits(t *testing.T, all figures) {
	t.Helper()
	n := 0
	for k, want := range all {
		name, rest, _ := strings.Cut(k, "[] ")
		area, period, _ := strings.Cut(rest, " ")
		if name != "pasture_need_published" || want == 0 {
			continue
		}
		var need float64
		for _, s := range []string{"cattle", "sheep", "horse", "camel"} {
			heads, ok1 := all.of(s+"_registered", area, period)
			norm, ok2 := all.of("pasture_norm_"+s, area, period)
			if !ok1 || !ok2 {
				need = -1
				break
			}
			need += heads.Float64() * norm.Float64()
		}
		if need < 0 {
			continue
		}
		n++
		if diff := need/want.Float64() - 1; diff < -0.01 || diff > 0.02 { // dead animals that were not closed yet
			t.Errorf("%s %s: heads and norms need %.0f ha, the balance says %s", area, period, need, want)
		}
	}
	if n < 100 {
		t.Errorf("%d okrugs with heads, norms and balance on one day, want at least 100", n)
	}
}
