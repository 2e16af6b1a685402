package ingest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// house is a decoder with the contracts of the house.
func house(tb testing.TB) *ingest.Decoder {
	tb.Helper()
	h, err := schemas.Load(schemas.FS)
	must(tb, err)
	zone, err := time.LoadLocation("Asia/Almaty")
	must(tb, err)
	return ingest.NewDecoder(h.Contracts, h.Areas, ingest.DecodeOptions{Zone: zone})
}

func recorded(tb testing.TB, file string) string {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "recorded", filepath.FromSlash(file)))
	must(tb, err)
	return string(b)
}

// TestRecordedCallsAndRequests reads small files in the shape of the feeds, good
// ones and ones with a fault of life each. Names and numbers in them are nobody's.
func TestRecordedCallsAndRequests(t *testing.T) {
	t.Parallel()
	d := house(t)
	tests := []struct {
		file, source, flow string
		dead               []string // field and reason
	}{
		// a-3 has no place at all: no window of an okrug could hold it, and an event of
		// the oblast itself would stand for the sum of its districts. a-5 has no category
		// and is kept; a-6 and a-7 are two numbers of one canceled call.
		{"ambulance_103/calls.csv", "moh.ambulance_103", "in 7 used 5 skipped map[] dead 2 obs 0 evt 5", []string{"line 4 settlement_kato required", "line 5 arrived_at out_of_range"}},
		{"ambulance_103/calls_broken_renamed_column.csv", "moh.ambulance_103", "in 1 used 0 skipped map[] dead 1 obs 0 evt 0", []string{"page  missing_column"}},
		{"ambulance_103/calls_broken_utc_arrival.csv", "moh.ambulance_103", "in 7 used 2 skipped map[] dead 5 obs 0 evt 2", []string{
			"line 2 arrived_at out_of_range", "line 3 arrived_at out_of_range", "line 4 settlement_kato required", "line 5 arrived_at out_of_range", "line 6 arrived_at out_of_range",
		}},
		// The same calls under the name of another day are the same events once more:
		// each replaces itself, and no window moves.
		{"ambulance_103/calls_broken_last_day_again.csv", "moh.ambulance_103", "in 7 used 5 skipped map[] dead 2 obs 0 evt 5", []string{"line 4 settlement_kato required", "line 5 arrived_at out_of_range"}},
		// x-4 is over 2,500 MCI and is for no processing.
		{"auyl_amanaty/register.csv", "spk.auyl_amanaty", "in 5 used 4 skipped map[] dead 1 obs 0 evt 4", []string{"line 5 amount_issued out_of_range"}},
		{"auyl_amanaty/register_broken_truncated.csv", "spk.auyl_amanaty", "in 5 used 3 skipped map[] dead 2 obs 0 evt 3", []string{"line 5 amount_issued out_of_range", "line 6  unreadable_record"}},
		{"auyl_amanaty/register_broken_unit_million.csv", "spk.auyl_amanaty", "in 5 used 0 skipped map[] dead 5 obs 0 evt 0", []string{
			"line 2 amount_requested not_a_number", "line 3 amount_requested not_a_number", "line 4 amount_requested not_a_number", "line 5 amount_requested not_a_number", "line 6 amount_requested not_a_number",
		}},
		{"eotinish/appeals.csv", "eotinish.appeals", "in 6 used 5 skipped map[] dead 1 obs 0 evt 5", []string{"line 7 КАТО unknown_area"}},
		{"eotinish/appeals_broken_renamed_column.csv", "eotinish.appeals", "in 1 used 0 skipped map[] dead 1 obs 0 evt 0", []string{"page  missing_column"}},
		{"eotinish/appeals_broken_duplicated_rows.csv", "eotinish.appeals", "in 8 used 5 skipped map[duplicate:2] dead 1 obs 0 evt 5", []string{"line 7 КАТО unknown_area"}},
		{"stray_animals/requests.csv", "vet.stray_animals", "in 5 used 4 skipped map[] dead 1 obs 0 evt 4", []string{"line 5 sterilised out_of_range"}}, //nolint:misspell // the column of the register
		// A record that cannot be is told at each place where it stands: dead twice, not once and a duplicate.
		{"stray_animals/requests_broken_duplicated_rows.csv", "vet.stray_animals", "in 10 used 4 skipped map[duplicate:4] dead 2 obs 0 evt 4", []string{"line 5 sterilised out_of_range", "line 10 sterilised out_of_range"}}, //nolint:misspell // the column of the register
		{"stray_animals/requests_broken_html200.csv", "vet.stray_animals", "in 1 used 0 skipped map[] dead 1 obs 0 evt 0", []string{"page  page_html"}},
		{"contact_109/requests.json", "akimat.contact_109", "in 5 used 4 skipped map[] dead 1 obs 0 evt 4", []string{"$.data.items[4] score out_of_range"}},
		{"contact_109/requests_broken_error200.json", "akimat.contact_109", "in 1 used 0 skipped map[] dead 1 obs 0 evt 0", []string{"page  page_broken"}},
		{"contact_109/requests_broken_truncated.json", "akimat.contact_109", "in 1 used 0 skipped map[] dead 1 obs 0 evt 0", []string{"page  page_broken"}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			got := decode(t, d, tt.source, recorded(t, tt.file))
			if got.Flow != tt.flow {
				t.Errorf("flow = %s, want %s", got.Flow, tt.flow)
			}
			var dead []string
			for _, line := range got.Dead { // what was found is told by other tests
				at, _, _ := strings.Cut(line, ` "`)
				dead = append(dead, at)
			}
			if diff := cmp.Diff(tt.dead, dead); diff != "" {
				t.Errorf("dead (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEventsOfCallsAndRequests pins what is known of an event: instants in UTC, and
// words and clocks as numbers.
func TestEventsOfCallsAndRequests(t *testing.T) {
	t.Parallel()
	d := house(t)
	tests := []struct {
		file, source string
		want         []string
	}{
		{"ambulance_103/calls.csv", "moh.ambulance_103", []string{
			"a-1 195863100 2026-10-06T22:20:10Z held category=2 address_resolved=1 arrival_seconds=2310 arrival_minutes=38.5 norm_seconds=900",
			"a-2 195830100 2026-10-07T18:50:30Z held category=3 address_resolved=1 arrival_seconds=1481 arrival_minutes=24.6833 norm_seconds=1800",
			"a-5 195259100 2026-10-07T06:00:00Z held address_resolved=1 arrival_seconds=3300 arrival_minutes=55",
			"a-6 195839100 2026-10-07T09:31:15Z withdrawn category=4 address_resolved=1 norm_seconds=3600",
			"a-7 195839100 2026-10-07T09:31:15Z withdrawn category=4 address_resolved=1 norm_seconds=3600",
		}},
		{"auyl_amanaty/register.csv", "spk.auyl_amanaty", []string{
			"x-1 195259100 2026-06-09T19:00:00Z held approved=0 refused=1 collateral=1 processing=0 processing_days=70 amount_requested=7000000",
			"x-2 195830100 2026-05-24T19:00:00Z held approved=1 refused=0 collateral=0 processing=1 processing_days=52 amount_requested=26000000 term_months=84 rate=2.5 amount_issued=24000000 jobs_confirmed=5 outstanding=23000000 overdue_days=0",
			"x-3 195839100 2026-05-03T19:00:00Z held approved=1 refused=0 collateral=0 processing=0 processing_days=28 amount_requested=4500000 term_months=60 rate=2.5 amount_issued=4500000 jobs_confirmed=1 outstanding=4000000 overdue_days=97",
			"x-5 195875100 2026-04-10T19:00:00Z held approved=0 refused=0 collateral=0 processing=1 amount_requested=8500000", // pending: dated by its filing
		}},
		{"eotinish/appeals.csv", "eotinish.appeals", []string{
			"ө-1 195253000 2026-09-06T19:00:00Z held redirected=0 extended=0 repeated=0 due_seconds=1814400 seen_seconds=2419200",
			"ө-2 195259000 2026-09-07T19:00:00Z held redirected=0 extended=0 repeated=0 due_seconds=1814400 closed_seconds=1814400 seen_seconds=2332800",
			"ө-3 195830000 2026-09-07T19:00:00Z held redirected=0 extended=1 repeated=0 due_seconds=1814400 closed_seconds=2073600 seen_seconds=2332800",
			"ө-4 195839000 2026-09-08T19:00:00Z held redirected=1 extended=0 repeated=0 due_seconds=1814400 closed_seconds=86400 seen_seconds=2246400",
			"ө-5 195234000 2026-09-09T19:00:00Z held redirected=0 extended=0 repeated=1 due_seconds=1814400 closed_seconds=1296000 seen_seconds=2160000",
		}},
		{"stray_animals/requests.csv", "vet.stray_animals", []string{
			"j-3 195830000 2026-09-05T19:00:00Z held",
			"j-5 195859000 2026-09-06T19:00:00Z held done_days=21 captured=1 sterilised=0 vaccinated=1 euthanised=1 returned=0", //nolint:misspell // the column of the register
			"j-1 195253000 2026-09-02T19:00:00Z held done_days=5 captured=4 sterilised=2 vaccinated=4 euthanised=0 returned=0",  //nolint:misspell // the column of the register
			"j-2 195259000 2026-09-03T19:00:00Z held done_days=17 captured=6 sterilised=6 vaccinated=6 euthanised=0 returned=0", //nolint:misspell // the column of the register
		}},
		{"contact_109/requests.json", "akimat.contact_109", []string{
			"t-1 195253000 2026-09-02T04:12:00Z held redirected=0 due_seconds=636480 closed_seconds=544680 seen_seconds=2756880 score=4",
			"t-2 195253000 2026-09-02T05:00:00Z held redirected=0 due_seconds=633600 closed_seconds=864000 seen_seconds=2754000",
			"t-3 195259000 2026-09-29T05:00:00Z held redirected=0 due_seconds=633600 seen_seconds=421200",
			"t-4 195259000 2026-09-05T05:00:00Z withdrawn redirected=0 due_seconds=633600 seen_seconds=2494800",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.source, func(t *testing.T) {
			t.Parallel()
			got := decode(t, d, tt.source, recorded(t, tt.file)).Events
			if diff := cmp.Diff(tt.want, got, cmpopts.SortSlices(strings.Compare)); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNothingOfRecordedPersonsLeaves looks for every person of the recorded files
// in all that leaves decode, whether the page was taken or refused.
func TestNothingOfRecordedPersonsLeaves(t *testing.T) {
	t.Parallel()
	d := house(t)
	persons := []string{"991231", "Канарейкина", "Мысалов", "Тестбаева", "Образцов", "Выдумкин", "000111", "000-111", "(000)", "000 111", "example.invalid", "Жоқ көшесі", "261342002002"}
	for file, source := range map[string]string{
		"ambulance_103/calls.csv": "moh.ambulance_103", "ambulance_103/calls_broken_utc_arrival.csv": "moh.ambulance_103",
		"auyl_amanaty/register.csv": "spk.auyl_amanaty", "auyl_amanaty/register_broken_truncated.csv": "spk.auyl_amanaty", "auyl_amanaty/register_broken_unit_million.csv": "spk.auyl_amanaty",
		"eotinish/appeals.csv": "eotinish.appeals", "eotinish/appeals_broken_renamed_column.csv": "eotinish.appeals", "eotinish/appeals_broken_duplicated_rows.csv": "eotinish.appeals",
		"stray_animals/requests.csv": "vet.stray_animals", "stray_animals/requests_broken_duplicated_rows.csv": "vet.stray_animals",
		"contact_109/requests.json": "akimat.contact_109", "contact_109/requests_broken_truncated.json": "akimat.contact_109",
	} {
		body := recorded(t, file)
		out, err := d.Decode(&wire.RawPage{Vintage: &wire.Vintage{Source: source}}, []byte(body))
		must(t, err)
		there := 0
		for _, p := range persons {
			there += strings.Count(body, p)
			for _, x := range out.Payloads {
				if strings.Contains(string(x.Data), p) {
					t.Errorf("%s: %q left decode in %s", file, p, x.Subject)
				}
			}
		}
		if there == 0 {
			t.Errorf("%s holds nobody: the test looks for nothing", file)
		}
	}
}

// TestCountedAndPublishedOfAnimalsAndOpinion decodes what comes as figures, and the
// small event feeds, each with its faults.
func TestCountedAndPublishedOfAnimalsAndOpinion(t *testing.T) {
	t.Parallel()
	d := house(t)
	tests := []struct {
		name, source, body string
		want               said
	}{
		{
			"shelters of a district add up", "vet.shelters", "shelter_id\tkato\tperiod\tplaces\tanimal_days\nп-1\t195200000\t2026-09\t40\t900\nп-2\t195200000\t2026-09\t60\t1500\nп-2\t195200000\t2026-09\t60\t1500\n" + districts("\t2026-09\t30\t600\n"),
			said{
				Obs: []string{
					"195200000 capacity_places[] 195200000 2026-10-01 130 A", "195200000 animal_days[] 195200000 2026-M09 3000 A",
					"193600000 capacity_places[] 193600000 2026-10-01 30 A", "193600000 animal_days[] 193600000 2026-M09 600 A",
					"194000000 capacity_places[] 194000000 2026-10-01 30 A", "194000000 animal_days[] 194000000 2026-M09 600 A",
					"194200000 capacity_places[] 194200000 2026-10-01 30 A", "194200000 animal_days[] 194200000 2026-M09 600 A",
					"194400000 capacity_places[] 194400000 2026-10-01 30 A", "194400000 animal_days[] 194400000 2026-M09 600 A",
					"195800000 capacity_places[] 195800000 2026-10-01 30 A", "195800000 animal_days[] 195800000 2026-M09 600 A",
				},
				Flow: "in 9 used 8 skipped map[duplicate:1] dead 0 obs 12 evt 0",
			},
		},
		{
			"half of the districts are missing", "vet.shelters", "shelter_id\tkato\tperiod\tplaces\tanimal_days\nп-1\t195200000\t2026-09\t40\t900\n",
			said{Dead: []string{`page  page_shrunken`}, Flow: "in 1 used 0 skipped map[] dead 1 obs 0 evt 0"},
		},
		{
			"bites", "vet.dog_bites", "bite_id;kato;date;age_band;rabies_risk\nb-1;195259000;03.09.2026;0-14;\xe4\xe0\nb-2;195259000;2026-09-04;65+;\nb-3;195259000;05.09.2026;-7;\n",
			said{
				Events: []string{"b-1 195259000 2026-09-02T19:00:00Z held rabies_risk=1", "b-2 195259000 2026-09-03T19:00:00Z held rabies_risk=0"},
				Dead:   []string{`line 4 age_band unknown_word`}, Flow: "in 3 used 2 skipped map[] dead 1 obs 0 evt 2",
			},
		},
		{
			"silence, a polite no and a reasoned one", "akimat.proposals", "proposal_id;kato;theme;sent_to;sent_at;status;answered_at;resolution\nп-1;195259000;pasture;МСХ РК;2026-01-12;sent;;\nп-2;195259000;staff;МФ РК;2026-01-12;answered;2026-02-11;noted\n" +
				"п-3;195800000;staff;МФ РК;2026-01-12;answered;2026-03-13;refused_with_reasons\nп-4;195259000;staff;МФ РК;2026-01-12;answered;2025-12-13;done\n",
			said{
				Events: []string{"п-1 195259000 2026-01-11T19:00:00Z held answered=0 resolved=0", "п-2 195259000 2026-01-11T19:00:00Z held answered=1 resolved=0 response_days=30", "п-3 195800000 2026-01-11T19:00:00Z held answered=1 resolved=1 response_days=60"},
				Dead:   []string{`line 5 answered_at out_of_range`}, Flow: "in 4 used 3 skipped map[] dead 1 obs 0 evt 3",
			},
		},
		{
			"too few answers, and answers of the internet alone", "survey.opinion", "wave;kato;question;mode;n;share;moe\n2026;195200000;trust_akim;face_to_face;240;71,4;5,7\n2026;195800000;trust_akim;mixed;24;90,0;18,0\n2026;196200000;trust_akim;online;300;88,0;5,0\n2026;195200000;roads_good;face_to_face;240;55,0;6,0\n",
			said{
				Obs:  []string{"195200000 respondents_trust_share[] 195200000 2026 71.4 A", "195200000 respondents[] 195200000 2026 240 A"},
				Dead: []string{`line 3 n out_of_range`}, Flow: "in 4 used 1 skipped map[empty:1 online_only:1] dead 1 obs 2 evt 0",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := decode(t, d, tt.source, tt.body)
			for i, line := range got.Dead {
				got.Dead[i], _, _ = strings.Cut(line, ` "`)
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.SortSlices(strings.Compare)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// districts are lines of shelters of six districts.
func districts(rest string) string {
	var b strings.Builder
	for _, c := range []string{"193600000", "194000000", "194200000", "194400000", "195200000", "195800000"} {
		b.WriteString("п-" + c + "\t" + c + rest)
	}
	return b.String()
}
