package ingest_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/auyl-kz/auyl/schemas/wire"
)

// TestHabitsOfFeedsHaveTheirOutcome is one row for each habit of one feed that no
// test of its own holds: the page, or a file of testdata/recorded, under the
// contract of the house, and all that becomes of it.
func TestHabitsOfFeedsHaveTheirOutcome(t *testing.T) {
	t.Parallel()
	d := shippedDecoder(t)
	const (
		asp   = "kato;period;asp_recipients;families;able_bodied;able_bodied_employed;children_1_6;amount_kzt\n"
		loans = "application_no,settlement_kato,applied_at,purpose_oked,is_processing,amount_requested,decision,decided_at,refusal_reason,amount_issued,issued_at,term_months,rate,jobs_planned,jobs_confirmed,outstanding,overdue_days,borrower,borrower_iin\n"
		jobs  = `{"content": [{"id": "V1", "title": "агроном", "employerBin": "261340000005", "kato": "%s", "salaryFrom": 185000, "places": 1, "postedAt": "2026-09-02T10:00:00", "closedAt": ""}]}`
		kids  = "school_id;kato;as_of;pupils;pupils_third_shift;unsafe;children_2_6;enrolled_2_6\n"
		books = "settlement_kato,as_of,with_water,with_internet,road_km,road_km_good,households_total,population,people_water,people_broadband,with_gas,street_km,street_km_lit,bus,srs_required,srs_available,med_point,med_posts,med_posts_vacant\n"
		cubes = "NAM\tDAT\tКАТО(по каталогу)\tVAL \n"
	)
	head := func(area string) string {
		return cubes + "Самозанятое население\t01.07.2026\t" + area + "\t6200.0000\n"
	}
	tests := []struct {
		name, source, file, body string
		want                     said
	}{
		{"rows of the portal", "egov.mal_basy", "egov/rows.json", "", said{Obs: []string{
			"195200000 livestock_registered[species=cattle] 195259000 2026-07-01 905 A",
			"195800000 livestock_registered[species=cattle] 195830000 2026-07-01 1204 A",
			"195800000 livestock_registered[species=horses] 195863000 2026-07-01 0 M",
		}, Flow: "in 3 used 3 skipped map[] dead 0 obs 3 evt 0"}},
		{"dates of the portal as day numbers, a figure without quotes", "egov.mal_basy", "egov/rows_broken_excel_serial.json", "", said{Obs: []string{
			"195200000 livestock_registered[species=cattle] 195259000 2026-07-01 905 A",
			"195800000 livestock_registered[species=horses] 195863000 2026-07-01 0 M",
		}, Dead: []string{`$[1] kato unknown_area "95830000"`, `$[3] bas not_a_number "1 996"`}, Flow: "in 4 used 2 skipped map[] dead 2 obs 2 evt 0"}},
		{"the captcha of the portal", "egov.mal_basy", "egov/rows_broken_html200.json", "", refusedAs(`page_html "a page of HTML"`)},
		{"an empty set of the portal", "egov.mal_basy", "egov/detailed_broken_empty.json", "", refusedAs(`page_empty "0 records"`)},
		{"landfills and dumps, degrees and minutes", "eco.landfill_register", "landfills/sites.csv", "", said{Obs: []string{
			"195200000 landfill_sites[] 195259000 2026-10-01 1 A", "195200000 landfill_area_m2[] 195259000 2026-10-01 40500 A",
			"195800000 landfill_sites[] 195830000 2026-10-01 1 A", "195800000 landfill_area_m2[] 195830000 2026-10-01 9100 A",
			"195200000 dump_sites[] 195234000 2026-10-01 2 A", "195200000 dump_area_m2[] 195234000 2026-10-01 1720 A",
		}, Dead: []string{`line 6 detected_at out_of_range "2026-09-02"`}, Flow: "in 5 used 4 skipped map[] dead 1 obs 6 evt 0"}},
		{"coordinates swapped", "eco.landfill_register", "landfills/sites_broken_swapped_coordinates.csv", "", said{
			Dead: []string{`line 2 lat out_of_range "76.6131"`, `line 3 lat out_of_range "76.5302"`}, Flow: "in 2 used 0 skipped map[] dead 2 obs 0 evt 0",
		}},
		{"answers of an okrug", "akimat.okrug_report", "okrug_report/answers.csv", "", said{Obs: []string{
			"195200000 report_meetings_held[] 195259000 2026-M10 1 A", "195200000 attendees[] 195259000 2026-M10 0 A",
			"195200000 promises_done[] 195259000 2026-11-01 1204 A",
		}, Flow: "in 3 used 3 skipped map[] dead 0 obs 3 evt 0"}},
		{"answers in words", "akimat.okrug_report", "okrug_report/answers_broken_words.csv", "", said{
			Obs:  []string{"195200000 attendees[] 195259000 2026-M10 0 A"},
			Dead: []string{`line 2 value not_a_number ""`, `line 3 value not_a_number ""`}, Flow: "in 3 used 1 skipped map[] dead 2 obs 1 evt 0",
		}},
		{"a template with shifted columns", "akimat.okrug_report", "okrug_report/answers_broken_shifted.csv", "", said{
			Obs:  []string{"195200000 attendees[] 195259000 2026-M10 140 A"},
			Dead: []string{`line 2 form_version required ""`}, Flow: "in 2 used 1 skipped map[] dead 1 obs 1 evt 0",
		}},
		{"a sheet in the other language", "akimat.okrug_report", "okrug_report/answers_broken_kazakh_sheet.csv", "", refusedAs(`missing_column "columns аумақ, нысан, кезең, сұрақ, мәні, толтырған"`)},
		{"refunds exceed the assistance", "mlsp.asp", "", asp + "195259000;2026-Q3;20;6;9;7;8;-14000\n", deadAs(`line 2 amount_kzt out_of_range ""`)},
		{"months where quarters are assigned", "mlsp.asp", "", asp + "195259000;2026-09;20;6;9;7;8;14000\n", deadAs(`line 2 period bad_period "2026-09"`)},
		{"a reason in free words", "spk.auyl_amanaty", "", loans + "x-1,195259100,2026-06-10,0147,0,7000000,refused,2026-07-01,нет залога,,,,,,,,,Пробная,991231500115\n", deadAs(`line 2 refusal_reason unknown_word "нет залога"`)},
		{"an address in a district", "spk.auyl_amanaty", "", loans + "x-1,195200000,2026-06-10,0147,0,7000000,pending,,,,,,,,,,,Пробная,991231500115\n", deadAs(`line 2 settlement_kato area_level "195200000"`)},
		{"an employer's head office in another oblast", "enbek.vacancies", "", fmt.Sprintf(jobs, "750000000"), said{Flow: "in 1 used 0 skipped map[outside:1] dead 0 obs 0 evt 0"}},
		{"more pupils in the third shift than pupils", "moe.nobd", "", kids + "s-1;195259000;2026-10-01;400;410;0;90;70\n", deadAs(`line 2 pupils_third_shift out_of_range "410"`)},
		{"kindergartens that have not reported", "moe.nobd", "", kids + "s-1;195259000;2026-10-01;400;10;0;90;…\n", said{Obs: []string{
			"195200000 pupils_total[] 195259000 2026-10-01 400 A", "195200000 pupils_third_shift_or_unsafe[] 195259000 2026-10-01 10 A", "195200000 children_2_6[] 195259000 2026-10-01 90 A",
			"195200000 children_2_6_enrolled[] 195259000 2026-10-01 0 M",
		}, Flow: "in 1 used 1 skipped map[] dead 0 obs 4 evt 0"}},
		{"more objects than the system of standards asks for", "mio.infrastructure", "", books + "195259100,2026-07-01,1,1,1,1,10,40,30,20,5,4,2,1,7,8,910,2,1\n", deadAs(`line 2 srs_available out_of_range "8"`)},
		{"a header with a blank behind it, zeros behind the point", "bns.opendata", "", head("195200000"), used("195200000 self_employed[] 195200000 2026-Q2 6200 A")},
		{"a figure of a renamed label", "bns.opendata", "", strings.Replace(head("195200000"), "Самозанятое население", "Самостоятельно занятые", 1), said{Flow: "in 1 used 0 skipped map[empty:1] dead 0 obs 0 evt 0"}},
		{"units of another oblast", "bns.opendata", "", head("351000000"), said{Flow: "in 1 used 0 skipped map[outside:1] dead 0 obs 0 evt 0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := tt.body
			if tt.file != "" {
				body = recorded(t, tt.file)
			}
			out, err := d.Decode(&wire.RawPage{Url: tt.source + "@2026-Q3-rev", Vintage: &wire.Vintage{Source: tt.source}}, []byte(body))
			must(t, err)
			for _, p := range out.Payloads {
				if bytes.Contains(p.Data, []byte("Пробная")) || bytes.Contains(p.Data, []byte("991231")) {
					t.Errorf("%s names a person", p.Subject)
				}
			}
			got := words(t, out)
			slices.Sort(got.Obs)
			slices.Sort(tt.want.Obs)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestRegionalTablesDecodeWithTheirHabits reads a workbook with sheets beside the
// data, a merged header, a district under its old name, marks of footnotes and years
// of the old oblast.
func TestRegionalTablesDecodeWithTheirHabits(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	defer f.Close()
	for _, sheet := range []string{"Метаданные", "Зерновые"} {
		_, err := f.NewSheet(sheet)
		must(t, err)
	}
	rows := [][]any{
		{"Зерновые"},
		{""},
		{"", "Валовой сбор, тыс. центнеров", "", "Урожайность, ц/га"},
		{"", "2021", "2025", "2025"},
		{"Қонаев Г.А.", "9", "12,4", "21,5"},
		{"Алатау Г.А.", "", "…", "x"},
		{"Балхашский район", "1", "-", "20"},
		{"Енбекшиказахский район", "1", "1 204,5", "20"},
		{"Жамбылский район", "1", "30", "20"},
		{"Кегенский район", "1", "31", "20"},
		{"Карасайский район", "1", "32", "20"},
		{"Райымбекский район", "1", "33", "20"},
		{"Талгарский район", "1", "34", "20"},
		{"Уйгурский район", "1", "35", "20"},
		{"Капшагай Г.А.", "9", "12,4", "21,5"},
		{"Алматинская область", "300", "200", "20"},
	}
	for i, row := range rows {
		must(t, f.SetSheetRow("Зерновые", fmt.Sprintf("A%d", i+1), &row))
	}
	must(t, f.MergeCell("Зерновые", "B3", "C3"))
	var b bytes.Buffer
	must(t, f.Write(&b))
	got := decode(t, shippedDecoder(t), "bns.region_tables", b.String())
	if want := "in 35 used 20 skipped map[duplicate:2 old_boundaries:11 outside:2] dead 0 obs 20 evt 0"; got.Flow != want || len(got.Dead) != 0 {
		t.Errorf("flow = %s, dead %q, want %s", got.Flow, got.Dead, want)
	}
	for _, want := range []string{
		"191000000 cereal_harvest[] 191000000 2025 12400 A",     // under its old name once more: the same figure
		"191800000 cereal_harvest[] 191800000 2025 0 M",         // "…" is too small to be told
		"191800000 cereal_yield_published[] 191800000 2025 0 C", // "x" is hidden
		"193600000 cereal_harvest[] 193600000 2025 0 A",         // "-" is none
		"194000000 cereal_harvest[] 194000000 2025 1204500 A",
	} {
		if !slices.Contains(got.Obs, want) {
			t.Errorf("no %q in %q", want, got.Obs)
		}
	}
}
