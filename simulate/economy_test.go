package simulate_test

import (
	"encoding/json"
	"fmt"
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

// observed is one observation of a page.
type observed struct {
	series, dims string
	area         auyl.AreaCode
	period       auyl.Period
	value        float64
	status       auyl.Status
}

// economyPage is what an export says.
type economyPage struct {
	obs    []observed
	events *wire.Events
	flow   *wire.Flow
	dead   []string // reasons
}

// readUnder decodes an export under its own contract and holds it to conservation.
func readUnder(t *testing.T, d *ingest.Decoder, source auyl.SourceID, name string, body []byte) economyPage {
	t.Helper()
	out, err := d.Decode(&wire.RawPage{Url: name, Vintage: &wire.Vintage{Source: string(source), Page: 1, Run: "r"}}, body)
	if err != nil {
		t.Fatal(err)
	}
	f := out.Flow
	if f.GetRecordsIn() != f.GetRecordsUsed()+f.GetRecordsSkipped()+f.GetRecordsDead() || f.GetRecordsUsed() == 0 {
		t.Errorf("%s: flow %v", name, f)
	}
	var obs []observed
	events := &wire.Events{}
	attributes := map[string]*wire.Attribute{}
	var dead []string
	for _, p := range out.Payloads {
		kind, _, _ := strings.Cut(p.Subject, ".")
		switch kind {
		case "obs":
			var w wire.Observations
			if err := wire.Unmarshal(p.Data, &w); err != nil {
				t.Fatal(err)
			}
			for i, v := range w.GetValue() {
				obs = append(obs, observed{
					w.GetSeriesDict()[w.GetSeries()[i]], w.GetDimsDict()[w.GetDims()[i]], auyl.AreaCode(w.GetArea()[i]),
					auyl.NewPeriod(auyl.Freq(w.GetFreq()[i]), auyl.Day(w.GetStart()[i])), auyl.Decimal(v).Float64(), auyl.Status(w.GetStatus()[i]),
				})
			}
		case "evt":
			var w wire.Events
			if err := wire.Unmarshal(p.Data, &w); err != nil {
				t.Fatal(err)
			}
			events.Id = append(events.Id, w.GetId()...)
			events.Withdrawn = append(events.Withdrawn, w.GetWithdrawn()...)
			for _, a := range w.GetAttributes() {
				if attributes[a.GetName()] == nil {
					attributes[a.GetName()] = &wire.Attribute{Name: a.GetName()}
					events.Attributes = append(events.Attributes, attributes[a.GetName()])
				}
				at := attributes[a.GetName()]
				at.Value = append(at.Value, a.GetValue()...)
			}
		case "dead":
			var w wire.DeadLetters
			if err := wire.Unmarshal(p.Data, &w); err != nil {
				t.Fatal(err)
			}
			for _, l := range w.GetLetters() {
				dead = append(dead, l.GetReason())
			}
		}
		if s := string(p.Data); strings.Contains(s, "991231") || strings.Contains(s, "Үлгі") {
			t.Errorf("%s: a person left decode in %s", name, p.Subject)
		}
	}
	return economyPage{obs, events, f, dead}
}

func shipped(t *testing.T) *ingest.Decoder {
	t.Helper()
	house, err := schemas.Load(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	return ingest.NewDecoder(house.Contracts, house.Areas, ingest.DecodeOptions{Zone: zone, HashKey: []byte("a key of tests alone")})
}

// TestBusinessRegisterAddsUpFromCutToCut: what is active at the end of a month is
// what was active before it, less what closed and with what is new.
func TestBusinessRegisterAddsUpFromCutToCut(t *testing.T) {
	t.Parallel()
	m, d := model(t, simulate.Options{Seed: 19}), shipped(t)
	type key struct {
		series string
		period string
	}
	sums := map[key]float64{}
	newest := map[string]observed{}
	var records, lost, revised uint64
	for _, f := range m.Files() {
		if f.Source != "bns.business_register" {
			continue
		}
		page := readUnder(t, d, f.Source, f.Name, render(t, m, f.Name))
		obs, flow, dead := page.obs, page.flow, page.dead
		if n := flow.GetRecordsIn(); n > 3000 || !f.Revision && n < 800 {
			t.Errorf("%s: %d subjects, want 800 to 3000", f.Name, n)
		}
		if f.Revision {
			revised += flow.GetRecordsIn()
			if len(dead) > 0 {
				t.Errorf("%s: dead %v", f.Name, dead)
			}
		} else {
			records += flow.GetRecordsIn()
			lost += uint64(len(dead))
		}
		for _, x := range obs {
			newest[x.series+x.area.String()+x.period.String()] = x
		}
	}
	for _, x := range newest {
		sums[key{x.series, x.period.String()}] += x.value
	}
	if lost == 0 || lost > records/100 || revised == 0 || revised > records/5 {
		t.Errorf("%d records, %d dead, %d revised", records, lost, revised)
	}
	begin, end := sums[key{"businesses_active", "2025-09-01"}], sums[key{"businesses_active", "2026-09-01"}]
	var born, closed float64
	for p := auyl.NewPeriod(auyl.FreqMonth, day(t, "2025-09-01")); p.Start() < day(t, "2026-09-01"); p = p.Shift(1) {
		born += sums[key{"businesses_registered_new", p.String()}]
		closed += sums[key{"businesses_closed", p.String()}]
	}
	t.Logf("active %v, born %v, closed %v, active a year later %v, peasant farms %v", begin, born, closed, end, sums[key{"peasant_farms_active", "2026-09-01"}])
	// Idle ones are born and closed too: an eighth of both.
	if change := end - begin; change < (born-closed)*0.88-25 || change > (born-closed)*0.88+25 {
		t.Errorf("from %v to %v in a year with %v new and %v closed", begin, end, born, closed)
	}
	if born < begin*0.05 || born > begin*0.4 || closed < begin*0.03 || closed > begin*0.3 {
		t.Errorf("%v new and %v closed of %v are not plausible", born, closed, begin)
	}
	if farms := sums[key{"peasant_farms_active", "2026-09-01"}]; farms < end*0.15 || farms > end*0.7 {
		t.Errorf("%v peasant farms of %v", farms, end)
	}
}

func TestProcurementDecodesWhole(t *testing.T) {
	t.Parallel()
	m, d := model(t, simulate.Options{Seed: 19, Months: 12}), shipped(t)
	var sum, local, competitive float64
	var events, supplements, later, dead int
	seen := map[string]bool{}
	files := m.Files()
	slices.SortFunc(files, func(a, b simulate.File) int { return int(a.Released - b.Released) })
	for _, f := range files {
		if f.Source != "goszakup.contracts" {
			continue
		}
		b := render(t, m, f.Name)
		var page struct {
			Items []struct {
				ID       int64
				ParentID *int64
			}
		}
		if err := json.Unmarshal(b, &page); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		read := readUnder(t, d, f.Source, f.Name, b)
		evt, flow := read.events, read.flow
		dead += len(read.dead)
		if f.Revision {
			later += len(evt.GetId())
			for _, id := range evt.GetId() {
				if !seen[id] {
					t.Errorf("%s: revises %s, which was never there", f.Name, id)
				}
			}
			continue
		}
		if n := flow.GetRecordsIn(); n < 250 || n > 1500 {
			t.Errorf("%s: %d contracts, want 250 to 1500", f.Name, n)
		}
		at := map[string][]int64{}
		for _, a := range evt.GetAttributes() {
			at[a.GetName()] = a.GetValue()
		}
		for i, id := range evt.GetId() {
			seen[id] = true
			events++
			if evt.GetWithdrawn()[i] {
				supplements++
				continue
			}
			v := auyl.Decimal(at["contract_sum"][i]).Float64()
			sum += v
			local += v * auyl.Decimal(at["local"][i]).Float64()
			if at["trade_method"][i] != 6*int64(auyl.DecimalOne) {
				competitive += v
			}
		}
		for _, x := range page.Items {
			if x.ParentID != nil && !seen[fmt.Sprintf("%09d", *x.ParentID)] {
				t.Errorf("%s: %d supplements %d, which is not there", f.Name, x.ID, *x.ParentID)
			}
		}
	}
	t.Logf("%d contracts, %.0f KZT, local %.2f, competitive %.2f, %d supplements, %d restated, %d dead", events, sum, local/sum, competitive/sum, supplements, later, dead)
	if s := local / sum; s < 0.3 || s > 0.8 {
		t.Errorf("local share %.2f", s)
	}
	if s := competitive / sum; s < 0.4 || s > 0.95 {
		t.Errorf("competitive share %.2f", s)
	}
	if supplements < events/50 || supplements > events/8 || later < events/50 || dead == 0 || dead > events/50 {
		t.Errorf("of %d contracts %d supplements, %d restated, %d dead", events, supplements, later, dead)
	}
}

// TestHouseholdBookTellsRuralFromUrban: rural residents of the book are the share
// that was published, and moves stay below what would empty a village.
func TestHouseholdBookTellsRuralFromUrban(t *testing.T) {
	t.Parallel()
	m, d := model(t, simulate.Options{Seed: 19, Months: 12}), shipped(t)
	sums := map[string]float64{}
	for _, name := range []string{"akimat.household_book@2026-07-01.csv", "akimat.household_book@2026-07-01-rev.csv", "akimat.household_moves@2026-S1.csv", "akimat.household_moves@2026-S1-rev.csv"} {
		source, _, _ := strings.Cut(name, "@")
		obs := readUnder(t, d, auyl.SourceID(source), name, render(t, m, name)).obs
		if len(obs) < 20 {
			t.Errorf("%s: %d observations", name, len(obs))
		}
		seen := map[string]observed{}
		for _, x := range obs {
			if want := map[bool]string{true: "2026-S1", false: "2026-07-01"}[strings.HasPrefix(x.series, "migrants")]; x.period.String() != want {
				t.Errorf("%s: %+v, want period %s", name, x, want)
			}
			seen[x.series+x.dims+x.area.String()] = x
			if !strings.HasSuffix(name, "-rev.csv") || strings.HasPrefix(x.series, "migrants") {
				sums[x.series+x.dims] += x.value
			}
		}
		for _, x := range seen {
			people := seen["population_end"+x.area.String()].value
			if x.series == "population_14_34" && (x.value > people*0.45 || x.value < people*0.2) {
				t.Errorf("%s: %v of %v people are 14 to 34", x.area, x.value, people)
			}
		}
	}
	if s := sums["population_endlocality=rural"] / sums["population_end"]; s < 0.78 || s > 0.83 {
		t.Errorf("rural share of the book %.3f, published 0.806", s)
	}
	in, out := sums["migrants_in"], sums["migrants_out"]
	if in < sums["population_end"]*0.005 || in > sums["population_end"]*0.05 || out < in*0.4 || out > in*1.6 {
		t.Errorf("%v came and %v left of %v", in, out, sums["population_end"])
	}
}

// TestTaldauOfTheEconomy reads the new indices as the puller does.
func TestTaldauOfTheEconomy(t *testing.T) {
	t.Parallel()
	_, s := serve(t, simulate.Options{Seed: 19})
	d := shipped(t)
	got := map[string]map[auyl.AreaCode]map[string]observed{}
	for source, path := range map[auyl.SourceID]string{
		"bns.taldau_arrivals": "703861?period=4" + lifeDics, "bns.taldau_departures": "703865?period=4" + lifeDics,
		"bns.taldau_deaths_under_1": "703851?period=7" + lifeDics, "bns.taldau_investment": "701827?period=8&dics=67",
		"bns.taldau_investment_non_budget": "701833?period=8&dics=67", "bns.taldau_investment_index": "701835?period=8&dics=67",
		"bns.taldau_retail": "702038?period=8&dics=67", "bns.taldau_employed": "702840?period=5" + lifeDics,
		"bns.taldau_sme_employed": "702845?period=5" + lifeDics,
	} {
		_, body, err := get(t, s, "/ru/Api/GetIndexData/"+path, "")
		if err != nil {
			t.Fatal(err)
		}
		page := readUnder(t, d, source, path, body)
		if len(page.dead) > 0 {
			t.Errorf("%s: dead %v", source, page.dead)
		}
		for _, x := range page.obs {
			if got[x.series] == nil {
				got[x.series] = map[auyl.AreaCode]map[string]observed{}
			}
			if got[x.series][x.area] == nil {
				got[x.series][x.area] = map[string]observed{}
			}
			got[x.series][x.area][x.period.String()] = x
		}
	}
	hidden := 0
	for _, area := range districtCodes(places(t)) {
		for _, series := range []string{"fixed_capital_investment", "retail_turnover", "investment_non_budget"} {
			last := 0.0
			for _, month := range []string{"2026-M01", "2026-M02", "2026-M03", "2026-M04", "2026-M05", "2026-M06", "2026-M07", "2026-M08"} {
				x := got[series][area][month]
				if x.value <= last {
					t.Errorf("%s of %s since January fell to %v in %s", series, area, x.value, month)
				}
				last = x.value
			}
		}
		at := func(series, period string) float64 { return got[series][area][period].value }
		if s := at("investment_non_budget", "2026-M08") / at("fixed_capital_investment", "2026-M08"); s < 0.3 || s > 1 {
			t.Errorf("%s: non-budget share %.2f", area, s)
		}
		if s := at("sme_employed", "2026-Q2") / at("employed", "2026-Q2"); s < 0.15 || s > 0.5 {
			t.Errorf("%s: share employed in SMEs %.2f", area, s)
		}
		if v := at("investment_volume_index_published", "2026-M08"); v < 40 || v > 250 {
			t.Errorf("%s: volume index %v", area, v)
		}
		switch x := got["deaths_under_1"][area]["2025"]; {
		case x.status == auyl.StatusConfidential:
			hidden++
		case x.value > 0 && x.value < 5:
			t.Errorf("%s: %v infant deaths are shown", area, x.value)
		}
		if a, b := at("arrivals", "2026-M05"), at("departures", "2026-M05"); a <= 0 || b <= 0 || a > 4*b {
			t.Errorf("%s: %v came, %v left", area, a, b)
		}
	}
	if hidden == 0 || hidden > 6 {
		t.Errorf("infant deaths of %d districts are hidden, want those of the small ones", hidden)
	}
	if len(got) != 9 {
		t.Errorf("%d series, want 9", len(got))
	}
}
