package simulate_test

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/simulate"
)

// heard is what a source said over all its exports, the newest word standing.
type heard struct {
	in, used, skipped, dead uint64
	events                  uint64
	value                   map[string]auyl.Decimal // series, dims, area, period
	hidden                  map[string]bool
	reasons                 map[string]int
}

// listen decodes every export of a source under its contract.
func listen(t *testing.T, m *simulate.Model, source string) heard {
	t.Helper()
	house, err := schemas.Load(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	d := ingest.NewDecoder(house.Contracts, house.Areas, ingest.DecodeOptions{Zone: time.FixedZone("", 5*3600)})
	out := heard{value: map[string]auyl.Decimal{}, hidden: map[string]bool{}, reasons: map[string]int{}}
	files := m.Files()
	slices.SortStableFunc(files, func(a, b simulate.File) int { return cmp.Compare(a.Released, b.Released) })
	for _, f := range files {
		if string(f.Source) != source {
			continue
		}
		b, err := m.Render(f)
		if err != nil {
			t.Fatal(err)
		}
		page, err := d.Decode(&wire.RawPage{Url: f.Name, Vintage: &wire.Vintage{Source: source}}, b)
		if err != nil {
			t.Fatal(err)
		}
		out.add(t, page)
	}
	return out
}

func (x *heard) add(t *testing.T, page ingest.Decoded) {
	t.Helper()
	x.in += page.Flow.GetRecordsIn()
	x.used += page.Flow.GetRecordsUsed()
	x.skipped += page.Flow.GetRecordsSkipped()
	x.dead += page.Flow.GetRecordsDead()
	x.events += page.Flow.GetEvents()
	for _, p := range page.Payloads {
		switch {
		case strings.HasPrefix(p.Subject, "obs."):
			var o wire.Observations
			if err := wire.Unmarshal(p.Data, &o); err != nil {
				t.Fatal(err)
			}
			for i, v := range o.GetValue() {
				key := fmt.Sprintf("%s[%s] %s %s", o.GetSeriesDict()[o.GetSeries()[i]], o.GetDimsDict()[o.GetDims()[i]],
					auyl.AreaCode(o.GetArea()[i]), auyl.NewPeriod(auyl.Freq(o.GetFreq()[i]), auyl.Day(o.GetStart()[i])))
				x.value[key] = auyl.Decimal(v)
				x.hidden[key] = auyl.Status(o.GetStatus()[i]).Empty()
			}
		case strings.HasPrefix(p.Subject, "dead."):
			var l wire.DeadLetters
			if err := wire.Unmarshal(p.Data, &l); err != nil {
				t.Fatal(err)
			}
			for _, letter := range l.GetLetters() {
				x.reasons[letter.GetReason()]++
			}
		}
	}
}

// sum adds up a series over all areas in a period.
func (x *heard) sum(series, period string) float64 {
	var s float64
	for k, v := range x.value {
		if strings.HasPrefix(k, series+"[] ") && strings.HasSuffix(k, " "+period) {
			s += v.Float64()
		}
	}
	return s
}

// TestRegistersOfPeopleDecodeUnderTheirContracts wants every record accounted for
// and no fault but those that the registers are known for.
func TestRegistersOfPeopleDecodeUnderTheirContracts(t *testing.T) {
	t.Parallel()
	m := model(t, simulate.Options{Seed: 4, Months: 24})
	known := map[string]bool{ingest.ReasonArea: true, ingest.ReasonRange: true, ingest.ReasonDuplicate: true}
	for _, source := range []string{
		"enbek.labour_market", "enbek.vacancies", "bns.opendata", "bns.price_wage_indices", "bns.living_standards",
		"bns.youth_migration", "mlsp.asp", "mlsp.family_map", "mlsp.family_moves", "acs.staff", "acs.payroll",
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			got := listen(t, m, source)
			if got.used == 0 || got.in != got.used+got.skipped+got.dead {
				t.Errorf("%d records in, %d used, %d skipped, %d dead: not conserved", got.in, got.used, got.skipped, got.dead)
			}
			if got.dead*50 > got.in {
				t.Errorf("%d of %d records are dead, want at most 2 %%: %v", got.dead, got.in, got.reasons)
			}
			for r, n := range got.reasons {
				if !known[r] {
					t.Errorf("%d dead letters of the reason %s", n, r)
				}
			}
			if (got.events > 0) != (source == "enbek.vacancies") {
				t.Errorf("%d events", got.events)
			}
		})
	}
}

func TestStaffOfAkimsIsThatOfTheArticle(t *testing.T) {
	t.Parallel()
	got := listen(t, model(t, simulate.Options{Seed: 4, Months: 6}), "acs.staff")
	const day = "2026-10-01"
	if n := got.sum("akim_positions", day); n != 131 {
		t.Errorf("%v positions of akims, want the published 131", n)
	}
	if n := got.sum("akims_elected", day); n != 122 {
		t.Errorf("%v elected akims, want the published 122", n)
	}
	approved, vacant := got.sum("staff_units_approved", day), got.sum("staff_units_vacant", day)
	if share := vacant / approved; share < 0.04 || share > 0.2 {
		t.Errorf("%.1f %% of %v units are vacant", 100*share, approved)
	}
	if n, all := got.sum("okrugs_without_land_surveyor", day), got.sum("okrug_offices", day); all != 131 || n/all < 0.05 || n/all > 0.35 {
		t.Errorf("%v of %v okrugs lack a land surveyor", n, all)
	}
	for k, v := range got.value {
		if strings.HasPrefix(k, "staff_units_vacant[] ") && v > got.value[strings.Replace(k, "vacant", "approved", 1)] {
			t.Errorf("%s is %v, more than is approved", k, v)
		}
	}
}

// TestTheFamilyMapHidesSmallLevelsAndGivesNoneAway holds the levels against the
// total of the other register: rounded to ten, it must not tell a hidden one.
func TestTheFamilyMapHidesSmallLevelsAndGivesNoneAway(t *testing.T) {
	t.Parallel()
	m := model(t, simulate.Options{Seed: 4, Now: day(t, "2026-12-25"), Months: 24})
	levels, moves := listen(t, m, "mlsp.family_map"), listen(t, m, "mlsp.family_moves")
	hidden, shown, told := 0, 0, 0
	for k, total := range moves.value {
		area, ok := strings.CutPrefix(k, "families_total[] ")
		if !ok {
			continue
		}
		rest, unknown := total.Float64(), 0
		for _, l := range "abcde" {
			key := fmt.Sprintf("families_%c[] %s", l, area)
			if levels.hidden[key] {
				unknown++
			} else if v, ok := levels.value[key]; ok {
				rest -= v.Float64()
				shown++
				if v < 5*auyl.DecimalOne {
					t.Errorf("%s = %v is shown", key, v)
				}
			}
		}
		hidden += unknown
		// One hidden level is between 0 and 4, and within five of what the rounded total leaves.
		if unknown == 1 && min(4, rest+5)-max(0, rest-5) < 1 {
			told++
			t.Logf("%s: %v is left for the hidden level", area, rest)
		}
	}
	if hidden == 0 || shown == 0 || told > 0 {
		t.Errorf("%d levels hidden, %d shown, %d given away by the total", hidden, shown, told)
	}
	if names := render(t, m, "mlsp.family_map@2026-08.csv"); bytes.Contains(names, []byte("кризисный")) {
		t.Error("the map of August writes names of levels")
	}
}

func TestLevelsByNameAreThoseByLetter(t *testing.T) {
	t.Parallel()
	m := model(t, simulate.Options{Seed: 4, Now: day(t, "2026-05-20"), Months: 4})
	if names := render(t, m, "mlsp.family_map@2026-03.csv"); !bytes.Contains(names, []byte("кризисный")) {
		t.Fatal("the map of March has no names of levels")
	}
	got := listen(t, m, "mlsp.family_map")
	march, april := got.sum("families_d", "2026-04-01"), got.sum("families_d", "2026-05-01")
	if march == 0 || april == 0 || march/april < 0.8 || march/april > 1.2 {
		t.Errorf("families of D: %v by name, %v by letter a month later", march, april)
	}
}

// TestTheCubeOfUnemploymentAgreesWithTheSurvey asks the Bureau's door: the rate of
// the slices is that of the counts, and of the overlap nothing is taken.
func TestTheCubeOfUnemploymentAgreesWithTheSurvey(t *testing.T) {
	t.Parallel()
	m := model(t, simulate.Options{Seed: 4, Now: day(t, "2026-11-01"), Months: 18})
	srv := httptest.NewServer(m.Handler())
	defer srv.Close()
	resp, err := http.Get(srv.URL + "/api/iblock/element/102790/json/file/ru/")
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	_, err = body.ReadFrom(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	house, err := schemas.Load(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	d := ingest.NewDecoder(house.Contracts, house.Areas, ingest.DecodeOptions{})
	page, err := d.Decode(&wire.RawPage{Url: "102790", Vintage: &wire.Vintage{Source: "bns.opendata_slices"}}, body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	cube := heard{value: map[string]auyl.Decimal{}, hidden: map[string]bool{}, reasons: map[string]int{}}
	cube.add(t, page)
	if cube.dead != 2 || cube.used < 4 {
		t.Errorf("%d cells used, %d dead, want the two of the first quarter of 2026 dead", cube.used, cube.dead)
	}
	survey := listen(t, m, "bns.opendata")
	for _, q := range []string{"2025-Q4", "2026-Q2"} {
		idle := survey.sum("unemployed_lfs", q)
		rate := 100 * idle / (idle + survey.sum("employed_lfs", q))
		if got := cube.sum("unemployment_rate_published", q); got < rate-0.11 || got > rate+0.11 {
			t.Errorf("%s: the cube says %v %%, the counts %.2f %%", q, got, rate)
		}
	}
}
