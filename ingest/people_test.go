package ingest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// decodePeople reads a file of testdata/recorded under the contract of a source,
// as a page of corrections: each file holds a few areas alone.
func decodePeople(t *testing.T, source, file string) said {
	t.Helper()
	house, err := schemas.Load(schemas.FS)
	must(t, err)
	body, err := os.ReadFile(filepath.Join("testdata", "recorded", file))
	must(t, err)
	zone, err := time.LoadLocation("Asia/Almaty")
	must(t, err)
	d := ingest.NewDecoder(house.Contracts, house.Areas, ingest.DecodeOptions{Zone: zone})
	out, err := d.Decode(&wire.RawPage{Url: source + "@x-rev.csv", Vintage: &wire.Vintage{Source: source}}, body)
	must(t, err)
	for _, p := range out.Payloads {
		for _, secret := range []string{"991231", "Сынақ", "Образцов", "(000)", "example.invalid"} {
			if strings.Contains(string(p.Data), secret) {
				t.Errorf("%s: %s holds %q of a person", file, p.Subject, secret)
			}
		}
	}
	return words(t, out)
}

// TestRecordedFilesOfPeopleHaveTheirOutcome is the row of each file: records in,
// used, skipped by rule, dead by reason, observations and events.
func TestRecordedFilesOfPeopleHaveTheirOutcome(t *testing.T) {
	t.Parallel()
	tests := []struct {
		source, file, flow string
		dead               []string
	}{
		{"enbek.vacancies", "enbek_vacancies/page.json", "in 4 used 4 skipped map[] dead 0 obs 0 evt 4", nil},
		{"enbek.vacancies", "enbek_vacancies/page_broken_reposted.json", "in 5 used 4 skipped map[reposted:1] dead 0 obs 0 evt 4", nil},
		{"enbek.vacancies", "enbek_vacancies/page_broken_unit_thousand.json", "in 4 used 0 skipped map[] dead 4 obs 0 evt 0", []string{
			`$.content[0] salaryFrom out_of_range "175"`, `$.content[1] salaryFrom out_of_range "245"`,
			`$.content[2] salaryFrom out_of_range "265"`, `$.content[3] salaryFrom out_of_range "205"`,
		}},
		{"enbek.vacancies", "enbek_vacancies/page_broken_html200.json", "in 1 used 0 skipped map[] dead 1 obs 0 evt 0", []string{`page  page_html "a page of HTML"`}},
		{"mlsp.family_map", "family_map/levels.csv", "in 5 used 5 skipped map[] dead 0 obs 15 evt 0", nil},
		{"mlsp.family_map", "family_map/levels_broken_level_names.csv", "in 5 used 5 skipped map[] dead 0 obs 15 evt 0", nil},
		{"mlsp.family_map", "family_map/levels_broken_unsuppressed.csv", "in 5 used 4 skipped map[] dead 1 obs 12 evt 0", []string{`line 6 families out_of_range ""`}},
		{"bns.opendata", "bns_iblock/self_employed.tsv", "in 12 used 12 skipped map[] dead 0 obs 12 evt 0", nil},
		{"bns.opendata", "bns_iblock/self_employed_broken_duplicated_rows.tsv", "in 15 used 12 skipped map[duplicate:3] dead 0 obs 12 evt 0", nil},
		{"bns.opendata_slices", "bns_iblock/slices.json", "in 4 used 4 skipped map[] dead 0 obs 4 evt 0", nil},
		{"bns.opendata_slices", "bns_iblock/slices_broken_overlap.json", "in 4 used 2 skipped map[] dead 2 obs 2 evt 0", []string{
			`$[0].periods[1]  unreadable_record "slice: two slices of the name АЛМАТИНСКАЯ ОБЛАСТЬ | Всего disagree on 31.12.2025"`,
			`$[1].periods[0]  unreadable_record "slice: two slices of the name АЛМАТИНСКАЯ ОБЛАСТЬ | Всего disagree on 31.12.2025"`,
		}},
		{"acs.staff", "acs_staff/posts.csv", "in 7 used 7 skipped map[] dead 0 obs 14 evt 0", nil},
		{"acs.staff", "acs_staff/posts_broken_duplicated_rows.csv", "in 9 used 7 skipped map[duplicate:2] dead 0 obs 14 evt 0", nil},
		{"acs.staff", "acs_staff/posts_broken_rate.csv", "in 7 used 6 skipped map[] dead 1 obs 14 evt 0", []string{`line 5 rate out_of_range "5"`}},
		{"acs.payroll", "acs_staff/payroll.csv", "in 2 used 2 skipped map[] dead 0 obs 6 evt 0", nil},
		// In thousand tenge; and the pay of two people in clear. Neither figure is quoted.
		{"acs.payroll", "acs_staff/payroll_broken_unsuppressed.csv", "in 2 used 0 skipped map[] dead 2 obs 0 evt 0", []string{
			`line 2 payroll_kzt out_of_range ""`, `line 3 payroll_kzt out_of_range ""`,
		}},
		{"mlsp.asp", "mlsp_asp/quarter.csv", "in 2 used 2 skipped map[] dead 0 obs 12 evt 0", nil},
		{"mlsp.asp", "mlsp_asp/quarter_broken_unsuppressed.csv", "in 2 used 0 skipped map[] dead 2 obs 0 evt 0", []string{
			`line 2 able_bodied_employed out_of_range ""`, `line 3 families out_of_range ""`,
		}},
		{"enbek.labour_market", "enbek_month/month.csv", "in 2 used 2 skipped map[] dead 0 obs 10 evt 0", nil},
		{"enbek.labour_market", "enbek_month/month_broken_parts.csv", "in 3 used 1 skipped map[] dead 2 obs 1 evt 0", []string{
			`line 2 youth out_of_range "52"`, `line 3 jobs_permanent out_of_range "14"`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			got := decodePeople(t, tt.source, tt.file)
			if got.Flow != tt.flow {
				t.Errorf("flow = %s, want %s", got.Flow, tt.flow)
			}
			if d := cmp.Diff(tt.dead, got.Dead); d != "" {
				t.Errorf("dead letters (-want +got):\n%s", d)
			}
		})
	}
}

func TestRenamedAndThousandfoldColumnsOfTheCubeAreRefused(t *testing.T) {
	t.Parallel()
	got := decodePeople(t, "bns.opendata", "bns_iblock/self_employed_broken_renamed_column.tsv")
	if len(got.Dead) != 1 || !strings.HasPrefix(got.Dead[0], "page  missing_column") || got.Flow != "in 1 used 0 skipped map[] dead 1 obs 0 evt 0" {
		t.Errorf("renamed column: %+v, want the page refused", got)
	}
	got = decodePeople(t, "bns.opendata", "bns_iblock/self_employed_broken_unit_x1000.tsv")
	for _, l := range got.Dead {
		if !strings.Contains(l, " VAL out_of_range ") {
			t.Errorf("dead letter %s, want the value out of range", l)
		}
	}
	if got.Flow != "in 12 used 0 skipped map[] dead 12 obs 0 evt 0" {
		t.Errorf("thousandfold: %s, want 12 dead", got.Flow)
	}
}

func TestVacanciesAreDatedByTheirPosting(t *testing.T) {
	t.Parallel()
	want := []string{
		"V81001 195830000 2026-09-02T05:00:00Z held places=2 salary=175000",
		"V81002 195839000 2026-09-03T06:30:00Z held places=1 salary=245000 open_seconds=1492200",
		"V81003 195259000 2026-09-07T04:15:00Z held places=4 salary=265000 open_seconds=6048000",
		"V81004 195863000 2026-09-11T09:45:00Z held places=1 salary=205000",
	}
	for _, file := range []string{"enbek_vacancies/page.json", "enbek_vacancies/page_broken_reposted.json"} {
		got := decodePeople(t, "enbek.vacancies", file)
		slices.Sort(got.Events)
		if d := cmp.Diff(want, got.Events); d != "" {
			t.Errorf("%s (-want +got):\n%s", file, d)
		}
	}
}

func TestAHiddenLevelOfTheFamilyMapIsNeverZero(t *testing.T) {
	t.Parallel()
	letters := decodePeople(t, "mlsp.family_map", "family_map/levels.csv").Obs
	for _, want := range []string{
		"195200000 families_d[] 195253000 2026-09-01 38 A",
		"195200000 family_members[level=d] 195253000 2026-09-01 197 A",
		"195200000 families_e[] 195253000 2026-09-01 0 C",
		"195200000 family_children[level=e] 195253000 2026-09-01 0 C",
	} {
		if !slices.Contains(letters, want) {
			t.Errorf("no observation %s", want)
		}
	}
	if d := cmp.Diff(letters, decodePeople(t, "mlsp.family_map", "family_map/levels_broken_level_names.csv").Obs); d != "" {
		t.Errorf("names say otherwise than letters:\n%s", d)
	}
}

func TestPostsAreAddedUpToTheOffice(t *testing.T) {
	t.Parallel()
	want := []string{
		"195200000 akim_positions[] 195259000 2026-10-01 1 A",
		"195200000 akims[] 195259000 2026-10-01 1 A",
		"195200000 akims_elected[] 195259000 2026-10-01 1 A",
		"195200000 days_open_filled[] 195259000 2026-M09 41 A",
		"195200000 okrug_offices[] 195259000 2026-10-01 1 A",
		"195200000 okrugs_without_land_surveyor[] 195259000 2026-10-01 1 A", // an acting one is none
		"195200000 staff_actual[] 195259000 2026-10-01 2 A",                 // without akim and veterinarian
		"195200000 staff_leavers[] 195259000 2026-M09 1 A",
		"195200000 staff_trained[] 195259000 2026-M09 2 A",
		"195200000 staff_units_approved[] 195259000 2026-10-01 3.5 A",
		"195200000 staff_units_vacant[] 195259000 2026-10-01 1.5 A",
		"195200000 vacancies_closed[] 195259000 2026-M09 1 A",
		"195200000 vet_positions_total[] 195259000 2026-10-01 1.5 A",
		"195200000 vet_positions_vacant[] 195259000 2026-10-01 0.5 A",
	}
	got := decodePeople(t, "acs.staff", "acs_staff/posts.csv").Obs
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	short := decodePeople(t, "acs.staff", "acs_staff/posts_broken_rate.csv").Obs
	for _, l := range short {
		if !strings.HasSuffix(l, " E") {
			t.Errorf("%s: a post was lost, so every sum of the office is short and says so", l)
		}
	}
}

func TestTheDayBehindAQuarterIsItsDate(t *testing.T) {
	t.Parallel()
	got := decodePeople(t, "bns.opendata", "bns_iblock/self_employed.tsv").Obs
	if !slices.Contains(got, "195200000 self_employed[] 195200000 2026-Q2 36400 A") {
		t.Errorf("01.07.2026 is not read as the second quarter: %q", got)
	}
	got = decodePeople(t, "bns.opendata_slices", "bns_iblock/slices.json").Obs
	want := []string{
		"190000000 unemployment_rate_published[] 190000000 2025-Q3 4.7 A",
		"190000000 unemployment_rate_published[] 190000000 2025-Q4 4.6 A",
		"190000000 unemployment_rate_published[] 190000000 2026-Q1 4.5 B", // where the second method begins
		"190000000 unemployment_rate_published[] 190000000 2026-Q2 4.6 A",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("slices (-want +got):\n%s", d)
	}
}
