package ingest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// shippedDecoder reads under the contracts that the program ships.
func shippedDecoder(tb testing.TB) *ingest.Decoder {
	tb.Helper()
	house, err := schemas.Load(schemas.FS)
	must(tb, err)
	zone, err := time.LoadLocation("Asia/Almaty")
	must(tb, err)
	return ingest.NewDecoder(house.Contracts, house.Areas, ingest.DecodeOptions{Zone: zone, HashKey: []byte("a key of tests alone")})
}

// economyPage reads a page as a source gave it: shape and faults are those of the
// sources, values and names are invented.
func economyPage(tb testing.TB, path string) string {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "recorded", filepath.FromSlash(path)))
	must(tb, err)
	return string(b)
}

// pageCase is a page and all that it says.
type pageCase struct {
	page string
	want said
}

func holdPages(t *testing.T, source string, tests []pageCase) {
	t.Helper()
	d := shippedDecoder(t)
	for _, tt := range tests {
		t.Run(tt.page, func(t *testing.T) {
			t.Parallel()
			// The name is that of corrections: a few okrugs are not a shrunken delivery then.
			out, err := d.Decode(&wire.RawPage{Url: source + "@x-rev", Vintage: &wire.Vintage{Source: source}}, []byte(economyPage(t, tt.page)))
			must(t, err)
			if diff := cmp.Diff(tt.want, words(t, out)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func refusedPage(why string) said {
	return said{Dead: []string{"page  " + why}, Flow: "in 1 used 0 skipped map[] dead 1 obs 0 evt 0"}
}

func TestProcurementPages(t *testing.T) {
	t.Parallel()
	first := []string{
		"15870001 195259000 2026-05-13T11:00:00Z held contract_sum=1250000 trade_method=3 local=1",
		"15870002 195259000 2026-05-14T11:00:00Z held contract_sum=980000.5 trade_method=3 local=0",
		"15870003 195259000 2026-05-15T11:00:00Z held contract_sum=310000 trade_method=3 local=1",
		// A supplementary agreement of the first: an event that adds nothing.
		"15870004 195259000 2026-05-16T11:00:00Z withdrawn contract_sum=1400000 trade_method=3 local=1",
		"15870005 195259000 2026-05-17T11:00:00Z held contract_sum=75000 trade_method=6 local=0",
	}
	holdPages(t, "goszakup.contracts", []pageCase{
		{"goszakup/contract_page1.json", said{Events: first, Flow: "in 5 used 5 skipped map[] dead 0 obs 0 evt 5"}},
		{"goszakup/contract_page2.json", said{Events: []string{
			"15870006 195259000 2026-05-18T11:00:00Z held contract_sum=220000 trade_method=3 local=1",
			"15870007 195863100 2026-05-19T11:00:00Z held contract_sum=64000 trade_method=6 local=0",
		}, Flow: "in 2 used 2 skipped map[] dead 0 obs 0 evt 2"}},
		{"goszakup/contract_broken_duplicated.json", said{Events: first[:3], Flow: "in 5 used 3 skipped map[duplicate:2] dead 0 obs 0 evt 3"}},
		{"goszakup/contract_broken_error200.json", refusedPage(`page_broken "no list of records at the declared place: no \"items\""`)},
		// A whole contract stands before the cut: of half a page nothing is taken.
		{"goszakup/contract_broken_truncated.json", refusedPage(`page_broken "broken JSON: at byte 881 of 881"`)},
	})
}

func TestBusinessRegisterPages(t *testing.T) {
	t.Parallel()
	counted := []string{
		"195200000 businesses_active[] 195259000 2026-11-01 3 A",
		"195200000 businesses_closed[] 195259000 2026-M10 1 A",
		"195200000 businesses_registered_new[] 195259000 2026-M10 1 A",
		"195200000 peasant_farms_active[] 195259000 2026-11-01 1 A",
		"195200000 businesses_active[] 195234000 2026-11-01 1 A",
		"195200000 businesses_closed[] 195234000 2026-M10 0 A",
		"195200000 businesses_registered_new[] 195234000 2026-M10 0 A",
		"195200000 peasant_farms_active[] 195234000 2026-11-01 0 A",
	}
	// Where a record was lost the count is known to be short.
	short := slices.Clone(counted)
	for i := range short {
		if strings.Contains(short[i], "195234000") {
			short[i] = strings.TrimSuffix(short[i], "A") + "E"
		}
	}
	other := slices.Clone(counted)
	for i := range other {
		if strings.Contains(other[i], "195259000") {
			other[i] = strings.TrimSuffix(other[i], "A") + "E"
		}
	}
	holdPages(t, "bns.business_register", []pageCase{
		{"business_register/cut_2026-11-01.json", said{Obs: counted, Flow: "in 8 used 7 skipped map[outside:1] dead 0 obs 8 evt 0"}},
		// A request that was answered before its file was ready.
		{"business_register/cut_2026-11-01_broken_not_ready.json", refusedPage(`page_broken "no list of records at the declared place: \"obj\" is no array"`)},
		{"business_register/cut_2026-11-01_broken_html200.json", refusedPage(`page_html "a page of HTML"`)},
		{"business_register/cut_2026-11-01_broken_duplicated.json", said{
			Obs: short, Dead: []string{`$.obj[9] biin duplicate_key ""`},
			Flow: "in 10 used 7 skipped map[duplicate:1 outside:1] dead 1 obs 8 evt 0",
		}},
		// The address of some is known to the district alone.
		{"business_register/cut_2026-11-01_broken_district_only.json", said{
			Obs: other,
			Dead: []string{
				`$.obj[6] kato area_level "195200000"`, `$.obj[7] status unknown_word "не действует"`,
			},
			Flow: "in 8 used 6 skipped map[] dead 2 obs 8 evt 0",
		}},
	})
}

// TestShrunkenRegisterIsRefused: two okrugs are no cut of the oblast.
func TestShrunkenRegisterIsRefused(t *testing.T) {
	t.Parallel()
	got := decode(t, shippedDecoder(t), "bns.business_register", economyPage(t, "business_register/cut_2026-11-01.json"))
	if diff := cmp.Diff(refusedPage(`page_shrunken "2 areas"`), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestNoOwnerLeavesTheRegister looks for the owners of the recorded pages in all
// that leaves decode.
func TestNoOwnerLeavesTheRegister(t *testing.T) {
	t.Parallel()
	d := shippedDecoder(t)
	for page, source := range map[string]string{
		"goszakup/contract_page1.json":                               "goszakup.contracts",
		"business_register/cut_2026-11-01.json":                      "bns.business_register",
		"business_register/cut_2026-11-01_broken_duplicated.json":    "bns.business_register",
		"business_register/cut_2026-11-01_broken_district_only.json": "bns.business_register",
		"household/moves_2026-S1.csv":                                "akimat.household_moves",
	} {
		body := economyPage(t, page)
		if !strings.Contains(body, "991231500") {
			t.Errorf("%s holds no person, so it proves nothing", page)
		}
		out, err := d.Decode(&wire.RawPage{Url: page, Vintage: &wire.Vintage{Source: source}}, []byte(body))
		must(t, err)
		for _, p := range out.Payloads {
			if s := string(p.Data); strings.Contains(s, "991231") || strings.Contains(s, "Үлгі") {
				t.Errorf("%s: a person left decode in %s", page, p.Subject)
			}
		}
	}
}

// TestTaldauPages holds answers for a running total. That the catalogue calls of
// Taldau give no observations needs no page: they are not asked for.
func TestTaldauPages(t *testing.T) {
	t.Parallel()
	districts := []string{"191000000", "191800000", "193600000", "194000000", "194200000", "194400000", "195200000", "195800000", "196200000", "196600000", "196800000"}
	var good []string
	for i, a := range districts {
		for k, month := range []string{"M08", "M09"} {
			v, status := []int{1_000_000 + i*50_000, 1_250_000 + i*61_000}[k], "A"
			if a == "195800000" {
				v, status = 0, "C" // "x" is hidden, not zero
			}
			good = append(good, fmt.Sprintf("%s fixed_capital_investment[] %s 2026-%s %d %s", a, a, month, v, status))
		}
	}
	slices.Sort(good)
	d := shippedDecoder(t)
	tests := []struct {
		page string
		obs  []string
		dead int
		why  string
		flow string
	}{
		{"GetIndexData_701827.json", good, 0, "", "in 22 used 22 skipped map[] dead 0 obs 22 evt 0"},
		{"GetIndexData_701827_broken_bom_spaces.json", good, 0, "", "in 22 used 22 skipped map[] dead 0 obs 22 evt 0"},
		{"GetIndexData_701827_broken_truncated.json", nil, 1, "page_broken", "in 1 used 0 skipped map[] dead 1 obs 0 evt 0"},
		{"GetIndexData_701827_broken_html200.json", nil, 1, "page_html", "in 1 used 0 skipped map[] dead 1 obs 0 evt 0"},
		// An empty list erases nothing. It is a dead page here, so that somebody sees it.
		{"GetIndexData_701827_broken_empty.json", nil, 1, "page_empty", "in 1 used 0 skipped map[] dead 1 obs 0 evt 0"},
		// Tenge where thousands were: what is beyond the plausible is dead, marks pass.
		{"GetIndexData_701827_broken_unit_x1000.json", []string{
			"195800000 fixed_capital_investment[] 195800000 2026-M08 0 C", "195800000 fixed_capital_investment[] 195800000 2026-M09 0 C",
		}, 20, "out_of_range", "in 22 used 2 skipped map[] dead 20 obs 2 evt 0"},
		// A second figure for a cell, and an id that no dictionary has.
		{"GetIndexData_701827_broken_renumbered.json", good, 2, "", "in 24 used 22 skipped map[] dead 2 obs 22 evt 0"},
	}
	for _, tt := range tests {
		t.Run(tt.page, func(t *testing.T) {
			t.Parallel()
			got := decode(t, d, "bns.taldau_investment", economyPage(t, "taldau/"+tt.page))
			slices.Sort(got.Obs)
			if diff := cmp.Diff(tt.obs, got.Obs); diff != "" || got.Flow != tt.flow || len(got.Dead) != tt.dead {
				t.Errorf("flow %s, dead %q, want %s; observations (-want +got):\n%s", got.Flow, got.Dead, tt.flow, diff)
			}
			for _, l := range got.Dead {
				if !strings.Contains(l, tt.why) {
					t.Errorf("dead %s, want %s", l, tt.why)
				}
			}
		})
	}
}

// TestMissingDistrictsLeaveTheOthers: of two that are not answered nothing is said,
// least of all zero.
func TestMissingDistrictsLeaveTheOthers(t *testing.T) {
	t.Parallel()
	var districts []json.RawMessage
	must(t, json.Unmarshal([]byte(economyPage(t, "taldau/GetIndexData_701827.json")), &districts))
	body, err := json.Marshal(districts[2:])
	must(t, err)
	got := decode(t, shippedDecoder(t), "bns.taldau_investment", string(body))
	if got.Flow != "in 18 used 18 skipped map[] dead 0 obs 18 evt 0" || strings.Contains(strings.Join(got.Obs, "\n"), "191000000") {
		t.Errorf("nine of eleven districts: %+v", got)
	}
}

func TestHouseholdBookPages(t *testing.T) {
	t.Parallel()
	village := func(area string, people, households, young, adult, old, youth int, cattle string) []string {
		line := func(series string, v any, status string) string {
			return fmt.Sprintf("195200000 %s %s 2026-07-01 %v %s", series, area, v, status)
		}
		out := []string{
			line("population_end[]", people, "A"), line("population_end[locality=rural]", people, "A"), line("population_household_book[]", people, "A"), line("population_14_34[]", youth, "A"),
			line("population_0_14[]", young, "A"), line("population_15_64[]", adult, "A"), line("population_65_plus[]", old, "A"), line("households_total[]", households, "A"),
		}
		if cattle != "" {
			v, status, _ := strings.Cut(cattle, " ")
			out = append(out, line("cattle_household_book[]", v, status))
		}
		return append(out, line("sheep_household_book[]", 400, "A"), line("horses_household_book[]", 30, "A"))
	}
	shamalgan := village("195259100", 1200, 300, 360, 760, 80, 360, "120 A")
	town := village("195220100", 70000, 17500, 21000, 44334, 4666, 21000, "")
	town[1] = "195200000 population_end[locality=rural] 195220100 2026-07-01 0 A"
	zhambyl := village("195234100", 800, 200, 240, 507, 53, 240, "120 A")
	unknown := village("195234100", 800, 200, 240, 507, 53, 240, "0 M")
	holdPages(t, "akimat.household_book", []pageCase{
		{"household/book_2026-07-01.csv", said{Obs: slices.Concat(shamalgan, town, unknown), Flow: "in 3 used 3 skipped map[] dead 0 obs 32 evt 0"}},
		// Two people counted one village: alike it is one count, else the second is dead.
		{"household/book_2026-07-01_broken_counted_twice.csv", said{
			Obs: slices.Concat(shamalgan, zhambyl), Dead: []string{`line 5 settlement_kato duplicate_key "195234100"`},
			Flow: "in 4 used 2 skipped map[duplicate:1] dead 1 obs 22 evt 0",
		}},
		// Paper to spreadsheet: Cyrillic letters for zeros.
		{"household/book_2026-07-01_broken_letters.csv", said{
			Obs: shamalgan, Dead: []string{`line 3 population not_a_number "8ОО"`},
			Flow: "in 2 used 1 skipped map[] dead 1 obs 11 evt 0",
		}},
	})
	holdPages(t, "akimat.household_moves", []pageCase{
		{"household/moves_2026-S1.csv", said{
			Obs: []string{
				"195200000 migrants_in[] 195259100 2026-S1 1204 A", "195200000 migrants_out[] 195259100 2026-S1 35 A",
				"195200000 migrants_in[] 195234100 2026-S1 0 A", "195200000 migrants_out[] 195234100 2026-S1 12 A",
				"195200000 migrants_in[] 195259200 2026-S1 0 M", "195200000 migrants_out[] 195259200 2026-S1 3 A",
			},
			Dead: []string{`line 6 settlement_kato unknown_area "195299100"`, `line 7 migrants_in out_of_range "-5"`},
			Flow: "in 6 used 3 skipped map[duplicate:1] dead 2 obs 6 evt 0",
		}},
	})
}

// classifier reads the file of the example: the codes of one day in our columns.
func classifier(tb testing.TB) string {
	tb.Helper()
	b, err := os.ReadFile("../examples/almaty/drop/bns.kato@2026-07-17.csv")
	must(tb, err)
	return string(b)
}

// TestClassifierCountsSettlements holds the counts to those that the registry of
// areas documents: 368 villages, 130 rural okrugs and Boralday.
func TestClassifierCountsSettlements(t *testing.T) {
	t.Parallel()
	got := decode(t, shippedDecoder(t), "bns.kato", classifier(t))
	villages, okrugs := 0, 0
	counted := map[string]string{}
	for _, line := range got.Obs { // district series area period value status
		f := strings.Fields(line)
		n, err := strconv.Atoi(f[4])
		must(t, err)
		if f[3] != "2026-07-17" || f[5] != "A" {
			t.Errorf("%s, want a whole count of the day", line)
		}
		if f[1] == "okrugs_total[]" {
			okrugs += n
			continue
		}
		villages += n
		counted[f[2]] = f[4]
	}
	if villages != 368 || okrugs != 131 || len(counted) != 136 || got.Flow != "in 631 used 619 skipped map[above_okrug:12] dead 0 obs 267 evt 0" {
		t.Errorf("%d villages, %d okrugs, %d units, %s", villages, okrugs, len(counted), got.Flow)
	}
	// Three okrugs are called Жамбылский: each has its own count.
	for _, a := range []string{"194247000", "195234000", "195839000"} {
		if counted[a] == "" {
			t.Errorf("%s is not counted", a)
		}
	}
	if counted["196220000"] == "" {
		t.Error("a town without villages says nothing instead of what it has")
	}
}

// TestBrokenClassifiers: names are never read, codes always.
func TestBrokenClassifiers(t *testing.T) {
	t.Parallel()
	d := shippedDecoder(t)
	good := classifier(t)
	want := decode(t, d, "bns.kato", good)
	upper := strings.Split(good, "\r\n")
	for i, line := range upper {
		if f := strings.Split(line, ";"); i > 0 && len(f) == 7 {
			f[4], f[5] = strings.ToUpper(f[4]), strings.ToUpper(f[5])
			upper[i] = strings.Join(f, ";")
		}
	}
	if diff := cmp.Diff(want, decode(t, d, "bns.kato", strings.Join(upper, "\r\n"))); diff != "" {
		t.Errorf("upper case changes what is counted:\n%s", diff)
	}
	// A spreadsheet took the code of the okrug for a number.
	lost := decode(t, d, "bns.kato", strings.Replace(good, "\r\n195259100;195259000;", "\r\n195259100;95259000;", 1))
	if len(lost.Dead) != 1 || !strings.HasSuffix(lost.Dead[0], `okrug unknown_area "95259000"`) || len(lost.Obs) != len(want.Obs) {
		t.Errorf("lost zero: dead %q, %d observations", lost.Dead, len(lost.Obs))
	}
	renamed := decode(t, d, "bns.kato", strings.Replace(good, ";okrug;", ";sub_district;", 1))
	if len(renamed.Dead) != 1 || !strings.Contains(renamed.Dead[0], "missing_column") || len(renamed.Obs) != 0 {
		t.Errorf("renamed column: %+v", renamed)
	}
	half := decode(t, d, "bns.kato", good[:len(good)/2])
	if len(half.Dead) != 1 || !strings.Contains(half.Dead[0], "page_empty") || len(half.Obs) != 0 {
		t.Errorf("half of the classifier: dead %q, %d observations", half.Dead, len(half.Obs))
	}
}
