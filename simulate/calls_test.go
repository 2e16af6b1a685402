package simulate_test

import (
	"cmp"
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

// told is what the contracts make of all exports of some sources, read in the order
// in which they were released: a later report of an event replaces the earlier.
type told struct {
	flow   map[string]*wire.Flow
	dead   map[string]int // by source, field and reason
	events map[string]map[string]map[string]auyl.Decimal
	again  map[string]int // events that were told once more
	values map[string][]auyl.Decimal
}

func decodeExports(t *testing.T, m *simulate.Model, sources ...string) told {
	t.Helper()
	h, err := schemas.Load(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	d := ingest.NewDecoder(h.Contracts, h.Areas, ingest.DecodeOptions{Zone: zone})
	out := told{map[string]*wire.Flow{}, map[string]int{}, map[string]map[string]map[string]auyl.Decimal{}, map[string]int{}, map[string][]auyl.Decimal{}}
	files := slices.DeleteFunc(m.Files(), func(f simulate.File) bool { return !slices.Contains(sources, string(f.Source)) })
	slices.SortStableFunc(files, func(a, b simulate.File) int { return cmp.Compare(a.Released, b.Released) })
	for _, f := range files {
		b, err := m.Render(f)
		if err != nil {
			t.Fatal(err)
		}
		page, err := d.Decode(&wire.RawPage{Url: f.Name, Vintage: &wire.Vintage{Source: string(f.Source)}}, b)
		if err != nil {
			t.Fatal(err)
		}
		if w := page.Flow; w.GetRecordsIn() != w.GetRecordsUsed()+w.GetRecordsSkipped()+w.GetRecordsDead() || w.GetRecordsUsed() == 0 {
			t.Errorf("%s: %v, want records conserved and some used", f.Name, w)
		}
		out.add(t, string(f.Source), page)
	}
	return out
}

func (o *told) add(t *testing.T, source string, page ingest.Decoded) {
	t.Helper()
	sum := o.flow[source]
	if sum == nil {
		sum = &wire.Flow{}
		o.flow[source], o.events[source] = sum, map[string]map[string]auyl.Decimal{}
	}
	sum.RecordsIn += page.Flow.GetRecordsIn()
	sum.RecordsDead += page.Flow.GetRecordsDead()
	for _, p := range page.Payloads {
		kind, _, _ := strings.Cut(p.Subject, ".")
		var err error
		switch kind {
		case "evt":
			var m wire.Events
			err = wire.Unmarshal(p.Data, &m)
			for i, id := range m.GetId() {
				at := map[string]auyl.Decimal{}
				for _, a := range m.GetAttributes() {
					if a.GetPresent()[i] {
						at[a.GetName()] = auyl.Decimal(a.GetValue()[i])
					}
				}
				if m.GetWithdrawn()[i] {
					at["withdrawn"] = auyl.DecimalOne
				}
				if o.events[source][id] != nil {
					o.again[source]++
				}
				o.events[source][id] = at
			}
		case "obs":
			var m wire.Observations
			err = wire.Unmarshal(p.Data, &m)
			for i, s := range m.GetSeries() {
				if !auyl.Status(m.GetStatus()[i]).Empty() {
					id := m.GetSeriesDict()[s]
					o.values[id] = append(o.values[id], auyl.Decimal(m.GetValue()[i]))
				}
			}
		case "dead":
			var m wire.DeadLetters
			err = wire.Unmarshal(p.Data, &m)
			for _, l := range m.GetLetters() {
				o.dead[fmt.Sprintf("%s %s %s", source, l.GetField(), l.GetReason())]++
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// share counts the events of a source that hold, in percent of those of a base.
func (o *told) share(source string, base, part func(a map[string]auyl.Decimal) bool) float64 {
	var n, all float64
	for _, a := range o.events[source] {
		if a["withdrawn"] == 0 && base(a) {
			all++
			if part(a) {
				n++
			}
		}
	}
	return 100 * n / max(all, 1)
}

func callSources() []string {
	return []string{
		"moh.ambulance_103", "spk.auyl_amanaty", "spk.portfolio", "akimat.contact_109", "eotinish.appeals", "vet.stray_animals",
		"vet.dog_bites", "vet.shelters", "vet.pets", "akimat.proposals", "survey.opinion",
	}
}

// TestCallsAndRequestsDecodeUnderTheirContracts reads a year and more of every feed.
func TestCallsAndRequestsDecodeUnderTheirContracts(t *testing.T) {
	t.Parallel()
	o := decodeExports(t, model(t, simulate.Options{Seed: 19, Now: day(t, "2026-02-25"), Months: 14}), callSources()...)
	for _, s := range callSources() {
		f := o.flow[s]
		if f == nil {
			t.Errorf("%s exports nothing", s)
			continue
		}
		if dead := float64(f.GetRecordsDead()) / float64(f.GetRecordsIn()); dead > 0.03 {
			t.Errorf("%s: %.2f %% of %d records are dead, want a few", s, 100*dead, f.GetRecordsIn())
		}
	}
	// The habits of the sources, each found by its rule.
	for _, want := range []string{
		"moh.ambulance_103 arrived_at out_of_range", "moh.ambulance_103 settlement_kato required", "spk.auyl_amanaty amount_issued out_of_range",
		"spk.auyl_amanaty amount_requested out_of_range", "eotinish.appeals КАТО unknown_area", "akimat.contact_109 score out_of_range",
		"vet.stray_animals sterilised out_of_range", "survey.opinion n out_of_range", //nolint:misspell // the column of the register
	} {
		if o.dead[want] == 0 {
			t.Errorf("nothing is dead by %q in %v", want, o.dead)
		}
	}
	for _, s := range []string{"spk.auyl_amanaty", "akimat.contact_109", "eotinish.appeals", "vet.stray_animals", "akimat.proposals", "moh.ambulance_103"} {
		if share := float64(o.again[s]) / float64(len(o.events[s])); share < 0.02 || share > 3 {
			t.Errorf("%s: %d of %d events are told again, want some", s, o.again[s], len(o.events[s]))
		}
	}

	has := func(names ...string) func(map[string]auyl.Decimal) bool {
		return func(a map[string]auyl.Decimal) bool {
			return !slices.ContainsFunc(names, func(n string) bool { return a[n] == 0 })
		}
	}
	all := func(map[string]auyl.Decimal) bool { return true }
	below := func(x, y string) func(map[string]auyl.Decimal) bool {
		return func(a map[string]auyl.Decimal) bool { v, ok := a[x]; return ok && v <= a[y] }
	}
	due := func(a map[string]auyl.Decimal) bool {
		return a["redirected"] == 0 && a["seen_seconds"] > a["due_seconds"]+5184000*a["extended"]
	}
	decided := func(a map[string]auyl.Decimal) bool { return a["approved"] != 0 || a["refused"] != 0 }
	for _, x := range []struct {
		what, source string
		base, part   func(map[string]auyl.Decimal) bool
		lo, hi       float64
	}{
		{"addresses resolved", "moh.ambulance_103", all, has("address_resolved"), 65, 95},
		{"reached in time", "moh.ambulance_103", has("arrival_seconds", "category"), below("arrival_seconds", "norm_seconds"), 55, 90},
		{"applications approved", "spk.auyl_amanaty", decided, has("approved"), 45, 80},
		{"refused for collateral", "spk.auyl_amanaty", has("refused"), has("collateral"), 35, 70},
		{"jobs proved", "spk.auyl_amanaty", has("amount_issued"), has("jobs_confirmed"), 20, 80},
		{"overdue", "spk.auyl_amanaty", has("amount_issued"), has("overdue_days"), 2, 15},
		{"109 in time", "akimat.contact_109", due, below("closed_seconds", "due_seconds"), 50, 95},
		{"109 rated", "akimat.contact_109", all, has("score"), 25, 45},
		{"appeals due", "eotinish.appeals", all, due, 80, 97},
		{"appeals in time", "eotinish.appeals", due, func(a map[string]auyl.Decimal) bool {
			v, ok := a["closed_seconds"]
			return ok && v <= a["due_seconds"]+5184000*a["extended"]
		}, 55, 95},
		{"appeals repeated", "eotinish.appeals", all, has("repeated"), 3, 12},
		{"catching done in a week", "vet.stray_animals", all, func(a map[string]auyl.Decimal) bool { v, ok := a["done_days"]; return ok && v <= 7*auyl.DecimalOne }, 45, 90},
		{"proposals answered", "akimat.proposals", all, has("answered"), 55, 95},
		{"proposals resolved", "akimat.proposals", all, has("resolved"), 25, 60},
	} {
		if got := o.share(x.source, x.base, x.part); got < x.lo || got > x.hi {
			t.Errorf("%s: %.1f %%, want %v to %v", x.what, got, x.lo, x.hi)
		}
	}
	var places, days, overdue, balance auyl.Decimal
	for _, v := range o.values["capacity_places"] {
		places += v
	}
	for _, v := range o.values["animal_days"] {
		days += v
	}
	for i, v := range o.values["outstanding_overdue_90"] {
		overdue += v
		balance += o.values["outstanding_total"][i]
	}
	if use := days.Float64() / places.Float64() / 30.4; use < 0.6 || use > 1.05 {
		t.Errorf("shelters are used to %.2f", use)
	}
	if share := overdue.Float64() / balance.Float64(); share < 0.01 || share > 0.12 {
		t.Errorf("overdue balance %.3f of all", share)
	}
}

// TestAppealsAreClosedOnTheLastDay finds what a reader should find: more is closed
// on the last day of a month than on any other.
func TestAppealsAreClosedOnTheLastDay(t *testing.T) {
	t.Parallel()
	m := model(t, simulate.Options{Seed: 19})
	header, rows := records(t, render(t, m, "eotinish.appeals@2026-07.csv"))
	at := columns(t, header, "Дата закрытия")
	byDay := map[string]int{}
	for _, r := range rows {
		if r[at[0]] != "" {
			byDay[r[at[0]]]++
		}
	}
	for d, n := range byDay {
		if d != "31.07.2026" && 2*n > byDay["31.07.2026"] {
			t.Errorf("closed on %s: %d, on the last day %d", d, n, byDay["31.07.2026"])
		}
	}
}

// TestARevisionTellsWhatWasOpen holds the second export of requests to the first.
func TestARevisionTellsWhatWasOpen(t *testing.T) {
	t.Parallel()
	m := model(t, simulate.Options{Seed: 19})
	header, first := records(t, render(t, m, "eotinish.appeals@2026-07.csv"))
	_, later := records(t, render(t, m, "eotinish.appeals@2026-07-rev.csv"))
	at := columns(t, header, "Номер обращения", "Статус", "Срок", "Состояние на", "КАТО")
	before := map[string][]string{}
	open := 0
	for _, r := range first {
		before[r[at[0]]] = r
		if r[at[1]] == "в работе" && r[at[4]] != "999999999" {
			open++
		}
	}
	closed := 0
	for _, r := range later {
		old, ok := before[r[at[0]]]
		if !ok {
			t.Fatalf("the revision tells of %s, which was not there", r[at[0]])
		}
		if old[at[1]] == "в работе" && r[at[1]] != "в работе" {
			closed++
		}
		if r[at[3]] == old[at[3]] {
			t.Fatalf("%s: the day of the export did not move", r[at[0]])
		}
	}
	if open == 0 || closed < open/2 || len(later) >= len(first) {
		t.Errorf("of %d open appeals %d are closed in the revision, which has %d of %d rows", open, closed, len(later), len(first))
	}
}
