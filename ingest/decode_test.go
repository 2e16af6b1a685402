package ingest_test

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

const peopleContract = `id: test.people
version: 3
title: {ru: а, kk: а, en: a}
license: none
origin: real
rank: official
format: csv
number: {decimal: ",", thousands: "\u00a0 ", missing: ["…"], confidential: [x], zero: ["-"]}
area: {field: kato, by: code, within: "190000000"}
period: {field: day}
skip:
  - {rule: total_row, field: name, in: [Итого]}
fields:
  kato: {type: text, required: true, harmless: true}
  name: {type: text}
  day: {type: period, required: true, harmless: true}
  sex: {type: text, one_of: [both, male, female], harmless: true}
  people: {type: number, min: 0, max: 5000000, harmless: true}
  iin: {type: text, personal: drop}
measures:
  - {series: population_end, value: people, dims: {sex: sex}, totals: {sex: both}}
breaks:
  - {series: population_end, from: "2022-01-01", note: boundaries}
`

const callsContract = `id: test.calls
version: 1
title: {ru: а, kk: а, en: a}
license: none
origin: synthetic
rank: synthetic
format: csv
area: {field: kato, by: code, within: "190000000"}
fields:
  no: {type: text, required: true, harmless: true}
  kato: {type: text, required: true, harmless: true}
  at: {type: instant, required: true, harmless: true}
  arrived: {type: instant, harmless: true}
  norm: {type: number, min: 1, max: 60}
  outcome: {type: text}
  phone: {type: text, personal: drop}
event:
  kind: ambulance_call
  id: no
  occurred_at: at
  reported_at: arrived
  attributes:
    - {name: arrival_seconds, from: at, to: arrived}
    - {name: norm_seconds, field: norm, times: 60}
  withdrawn: {rule: canceled, field: outcome, in: [отмена]}
`

func decoder(tb testing.TB, contracts ...string) *ingest.Decoder {
	tb.Helper()
	cat, err := schemas.LoadCatalogue(schemas.FS)
	must(tb, err)
	return decoderOf(tb, cat, nil, contracts...)
}

// decoderWith is a decoder over series of its own, for rules that the catalogue
// has no use for yet.
func decoderWith(tb testing.TB, series string, hashKey []byte, contracts ...string) *ingest.Decoder {
	tb.Helper()
	indicators := `indicators:
  - {id: any, names: {ru: а, kk: б, en: c}, description: {ru: а, kk: б, en: c}, unit: KZT, direction: higher, freq: A, level: okrug, numerator: plan_tax, rollup: sum, plausible: {min: 0, max: 1}, controllable: none, sources: [x.y], version: 1}
`
	cat, err := schemas.LoadCatalogue(fstest.MapFS{"series/x.yaml": {Data: []byte(series)}, "indicators/x.yaml": {Data: []byte(indicators)}})
	must(tb, err)
	return decoderOf(tb, cat, hashKey, contracts...)
}

func decoderOf(tb testing.TB, cat *schemas.Catalogue, hashKey []byte, contracts ...string) *ingest.Decoder {
	tb.Helper()
	areas, err := schemas.LoadAreas(schemas.FS)
	must(tb, err)
	files := fstest.MapFS{}
	for _, c := range contracts {
		id, _, _ := strings.Cut(strings.TrimPrefix(c, "id: "), "\n")
		files["contracts/"+id+".yaml"] = &fstest.MapFile{Data: []byte(c), Mode: fs.ModePerm}
	}
	cs, err := schemas.LoadContracts(files, cat)
	if err != nil {
		tb.Fatal(err)
	}
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		tb.Fatal(err)
	}
	return ingest.NewDecoder(cs, areas, ingest.DecodeOptions{Zone: zone, HashKey: hashKey})
}

// said is what a page says, in words.
type said struct {
	Obs, Events, Dead []string
	Flow              string
}

func decode(tb testing.TB, d *ingest.Decoder, source, body string) said {
	tb.Helper()
	page := &wire.RawPage{Url: source + "@x.csv", Vintage: &wire.Vintage{Source: source, Run: source + "/1", Page: 1, RecordedAtMs: 1000, ReleasedAtMs: 1000}}
	out, err := d.Decode(page, []byte(body))
	if err != nil {
		tb.Fatal(err)
	}
	return words(tb, out)
}

func words(tb testing.TB, out ingest.Decoded) said {
	tb.Helper()
	var s said
	flows := 0
	for _, p := range out.Payloads {
		kind, rest, _ := strings.Cut(p.Subject, ".")
		switch kind {
		case "obs":
			var m wire.Observations
			must(tb, wire.Unmarshal(p.Data, &m))
			for i := range m.GetValue() {
				period := auyl.NewPeriod(auyl.Freq(m.GetFreq()[i]), auyl.Day(m.GetStart()[i]))
				s.Obs = append(s.Obs, strings.TrimSpace(fmt.Sprintf("%s %s[%s] %s %s %s %s", rest, m.GetSeriesDict()[m.GetSeries()[i]], m.GetDimsDict()[m.GetDims()[i]],
					auyl.AreaCode(m.GetArea()[i]), period, auyl.Decimal(m.GetValue()[i]), auyl.Status(m.GetStatus()[i]))))
			}
		case "evt":
			var m wire.Events
			must(tb, wire.Unmarshal(p.Data, &m))
			for i, id := range m.GetId() {
				line := fmt.Sprintf("%s %s %s %s", id, auyl.AreaCode(m.GetArea()[i]), time.UnixMilli(m.GetOccurredAtMs()[i]).UTC().Format(time.RFC3339), map[bool]string{true: "withdrawn", false: "held"}[m.GetWithdrawn()[i]])
				for _, a := range m.GetAttributes() {
					if a.GetPresent()[i] {
						line += fmt.Sprintf(" %s=%s", a.GetName(), auyl.Decimal(a.GetValue()[i]))
					}
				}
				s.Events = append(s.Events, line)
			}
		case "dead":
			var m wire.DeadLetters
			must(tb, wire.Unmarshal(p.Data, &m))
			for _, l := range m.GetLetters() {
				s.Dead = append(s.Dead, fmt.Sprintf("%s %s %s %q", l.GetPosition(), l.GetField(), l.GetReason(), l.GetFound()))
			}
		case "flow":
			var f wire.Flow
			must(tb, wire.Unmarshal(p.Data, &f))
			flows++
			s.Flow = fmt.Sprintf("in %d used %d skipped %v dead %d obs %d evt %d", f.GetRecordsIn(), f.GetRecordsUsed(), f.GetSkippedByRule(), f.GetRecordsDead(), f.GetObservations(), f.GetEvents())
			if f.GetRecordsIn() != f.GetRecordsUsed()+f.GetRecordsSkipped()+f.GetRecordsDead() {
				tb.Errorf("records are not conserved: %s", s.Flow)
			}
		}
	}
	if flows != 1 {
		tb.Errorf("%d flow rows, want one a page", flows)
	}
	return s
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

const peopleHeader = "kato;name;day;sex;people;iin\n"

func TestDecodeMakesObservations(t *testing.T) {
	t.Parallel()
	got := decode(t, decoder(t, peopleContract), "test.people", "\ufeff"+peopleHeader+
		"195200000;Карасайский район;01.01.2023;both;317\u00a0453;991231500003\n"+
		"195200000;Карасайский район;2023-01-01;male;150 000,5;\n"+
		"190000000;область;2022-01-01;both;1478496;\n"+
		"195234000;Жамбылский с.о.;44927;both;-;\n"+
		"195235000;Жандосовский с.о.;2023-01-01;both;x;\n"+
		"195247000;Иргелинский с.о.;2023-01-01;both;…;\n"+
		";Итого;2023-01-01;both;5;\n"+
		"330000000;Жетісу;2023-01-01;both;5;\n"+
		"195200000;Карасайский район;2023-01-01;both;317453;\n")
	want := said{
		Obs: []string{
			"190000000 population_end[] 190000000 2022-01-01 1478496 B",
			"195200000 population_end[] 195200000 2023-01-01 317453 A",
			"195200000 population_end[sex=male] 195200000 2023-01-01 150000.5 A",
			"195200000 population_end[] 195234000 2023-01-01 0 A",
			"195200000 population_end[] 195235000 2023-01-01 0 C",
			"195200000 population_end[] 195247000 2023-01-01 0 M",
		},
		Flow: "in 9 used 6 skipped map[duplicate:1 outside:1 total_row:1] dead 0 obs 6 evt 0",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestDecodeNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := decoder(t, peopleContract)
	tests := []struct{ name, line, want string }{
		{"no number", "195200000;a;2023-01-01;both;1 2O4;", `line 2 people not_a_number "1 2O4"`},
		{"decimal point where a comma is written", "195200000;a;2023-01-01;both;1.5;", `line 2 people not_a_number "1.5"`},
		{"too large", "195200000;a;2023-01-01;both;317453000;", `line 2 people out_of_range "317453000"`},
		{"negative", "195200000;a;2023-01-01;both;-7;", `line 2 people out_of_range "-7"`},
		{"unknown area", "195299000;a;2023-01-01;both;7;", `line 2 kato unknown_area "195299000"`},
		{"lost zero", "95200000;a;2023-01-01;both;7;", `line 2 kato unknown_area "95200000"`},
		{"area before its time", "191800000;a;2023-01-01;both;7;", `line 2 kato area_closed "191800000"`},
		{"no period", "195200000;a;31.13.2023;both;7;", `line 2 day bad_period "31.13.2023"`},
		{"unknown word", "195200000;a;2023-01-01;man;7;", `line 2 sex unknown_word "man"`},
		{"nothing", "195200000;a;;both;7;", `line 2 day required ""`},
		{"ragged", "195200000;a;2023-01-01", `line 2  unreadable_record "number of fields: 3 fields, the header has 6"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := decode(t, d, "test.people", peopleHeader+tt.line+"\n195200000;a;2024-01-01;both;8;\n")
			if d := cmp.Diff([]string{tt.want}, got.Dead); d != "" || len(got.Obs) != 1 {
				t.Errorf("dead (-want +got), %d observations beside it, want 1:\n%s", len(got.Obs), d)
			}
		})
	}
}

func TestDecodeRefusesPagesWhole(t *testing.T) {
	t.Parallel()
	d := decoder(t, peopleContract)
	tests := []struct{ name, source, body, want string }{
		{"HTML", "test.people", "<!DOCTYPE html><html>captcha</html>", `page  page_html "a page of HTML"`},
		{"nothing", "test.people", "", "page  page_broken"},
		{"header alone", "test.people", peopleHeader, `page  page_empty "0 records"`},
		{"renamed column", "test.people", strings.Replace(peopleHeader, "people", "poeple", 1) + "195200000;a;2023-01-01;both;7;\n", "page  missing_column"},
		{"binary", "test.people", "a\x00b\n1\n", "page  page_broken"},
		{"no contract", "test.nobody", "a;b\n1;2\n", "page  no_contract"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := decode(t, d, tt.source, tt.body)
			if len(got.Dead) != 1 || !strings.HasPrefix(got.Dead[0], tt.want) || len(got.Obs) != 0 || got.Flow != "in 1 used 0 skipped map[] dead 1 obs 0 evt 0" {
				t.Errorf("page = %+v, want %s and nothing else", got, tt.want)
			}
		})
	}
}

func TestRenamedColumnNamesTheNearest(t *testing.T) {
	t.Parallel()
	page := &wire.RawPage{Vintage: &wire.Vintage{Source: "test.people"}}
	out, err := decoder(t, peopleContract).Decode(page, []byte("kato;name;day;sex;peoples\n195200000;a;2023-01-01;both;7\n"))
	must(t, err)
	var m wire.DeadLetters
	must(t, wire.Unmarshal(out.Payloads[0].Data, &m))
	if got := m.GetLetters()[0].GetMend(); !strings.Contains(got, `"people" may be "peoples" now`) || !strings.Contains(got, "schemas/contracts/test.people.yaml") {
		t.Errorf("mend = %q, want the nearest column and the contract", got)
	}
}

func TestConflictingRecordsAreDead(t *testing.T) {
	t.Parallel()
	got := decode(t, decoder(t, peopleContract), "test.people", peopleHeader+"195200000;a;2023-01-01;both;7;\n195200000;a;2023-01-01;both;8;\n")
	if len(got.Dead) != 1 || !strings.Contains(got.Dead[0], "duplicate_key") || len(got.Obs) != 1 {
		t.Errorf("page = %+v, want the second of two that differ dead", got)
	}
}

// TestHugePagesAreRefusedWhole holds what a page may say to what one frame holds.
func TestHugePagesAreRefusedWhole(t *testing.T) {
	t.Parallel()
	d := decoder(t, peopleContract)
	bad := peopleHeader + strings.Repeat("195200000;a;2023-01-01;both;-1;\n", 50_002)
	if got := decode(t, d, "test.people", bad); len(got.Dead) != 1 || !strings.Contains(got.Dead[0], ingest.ReasonPageFaults) {
		t.Errorf("a page of bad records = %v, want it refused", got.Dead)
	}
	if testing.Short() {
		return
	}
	var large strings.Builder
	large.WriteString(peopleHeader)
	day := auyl.Day(0)
	for range 1_000_002 {
		fmt.Fprintf(&large, "19520%04d;a;%s;both;1;\n", 0, day)
		day++
	}
	got := decode(t, d, "test.people", large.String())
	if len(got.Dead) != 1 || !strings.Contains(got.Dead[0], ingest.ReasonPageTooLarge) || len(got.Obs) != 0 {
		t.Errorf("a page of a million records and two: %v, want it refused", got.Dead)
	}
}

const callsHeader = "no;kato;at;arrived;norm;outcome;phone\n"

func TestDecodeMakesEvents(t *testing.T) {
	t.Parallel()
	got := decode(t, decoder(t, callsContract), "test.calls", callsHeader+
		"1;195863200;2026-11-03 02:14:05;2026-11-03 02:49:30;15;дома;+7 000 111-22-33\n"+
		"2;195863200;2026-11-03 02:14:05;;15;отмена;\n"+
		"3;195863200;2026-11-03 02:14:05;2026-11-02 21:49:30;15;дома;\n"+
		"1;195863200;2026-11-03 02:14:05;2026-11-03 02:49:30;15;дома;\n")
	want := said{
		Events: []string{
			"1 195863200 2026-11-02T21:14:05Z held arrival_seconds=2125 norm_seconds=900",
			"2 195863200 2026-11-02T21:14:05Z withdrawn norm_seconds=900",
		},
		Dead: []string{`line 4 arrived out_of_range "2026-11-02 21:49:30"`},
		Flow: "in 4 used 2 skipped map[duplicate:1] dead 1 obs 0 evt 2",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestPersonalDataStopAtDecode looks for the numbers of (impossible) persons in
// every byte that leaves decode, from good records and from dead ones.
func TestPersonalDataStopAtDecode(t *testing.T) {
	t.Parallel()
	const iin, phone = "991231500003", "+7 000 111-22-33"
	d := decoder(t, peopleContract, callsContract)
	for source, body := range map[string]string{
		"test.people": peopleHeader + "195200000;" + iin + ";2023-01-01;both;7;" + iin + "\n" + iin + ";" + iin + ";2023-01-01;both;7;" + iin + "\n" +
			"195200000;a;" + iin + ";both;7;" + iin + "\n195200000;a;2024-01-01;" + iin + ";7;\n195200000;a;2024-01-01;both;" + iin + ";\n" + iin + ";1\n",
		"test.calls": callsHeader + "1;195863200;2026-11-03 02:14:05;2026-11-03 02:49:30;15;дома " + phone + ";" + phone + "\n" +
			"2;195863200;" + phone + ";2026-11-03 02:49:30;15;;" + phone + "\n3;" + phone + ";2026-11-03 02:14:05;;15;" + iin + ";" + iin + "\n",
	} {
		out, err := d.Decode(&wire.RawPage{Vintage: &wire.Vintage{Source: source}}, []byte(body))
		must(t, err)
		if out.Flow.GetRecordsDead() == 0 || out.Flow.GetRecordsUsed() == 0 {
			t.Errorf("%s: flow = %v, want good and dead records", source, out.Flow)
		}
		for _, p := range out.Payloads {
			for _, canary := range []string{iin, phone, "0001112233"} {
				if strings.Contains(string(p.Data), canary) {
					t.Errorf("%s: %q left decode in %s", source, canary, p.Subject)
				}
			}
		}
	}
}

// TestOrderOfRecordsDoesNotMatter shuffles the rows of a page without conflicts.
func TestOrderOfRecordsDoesNotMatter(t *testing.T) {
	t.Parallel()
	d := decoder(t, peopleContract)
	var rows []string
	for i := range 60 {
		rows = append(rows, fmt.Sprintf("195200000;a;20%02d-01-01;both;%d;\n", 10+i%20, 1000+i%20))
	}
	rows = append(rows, "195299000;a;2023-01-01;both;7;\n", "330000000;a;2023-01-01;both;7;\n")
	sorted := func(s said) said {
		slices.Sort(s.Obs)
		for i := range s.Dead {
			_, s.Dead[i], _ = strings.Cut(s.Dead[i], " kato") // the line number moves with the row
		}
		return s
	}
	want := sorted(decode(t, d, "test.people", peopleHeader+strings.Join(rows, "")))
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		rnd.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		if diff := cmp.Diff(want, sorted(decode(t, d, "test.people", peopleHeader+strings.Join(rows, "")))); diff != "" {
			t.Fatalf("(-first order +this order):\n%s", diff)
		}
	}
}

func TestSameBytesGiveSameBytes(t *testing.T) {
	t.Parallel()
	d := decoder(t, peopleContract)
	var body strings.Builder
	body.WriteString(peopleHeader)
	for i := range 500 {
		fmt.Fprintf(&body, "19%02d00000;a;20%02d-01-01;both;%d;\n", []int{36, 40, 42, 52, 58}[i%5], 10+i%10, i%5)
	}
	page := func() *wire.RawPage { return &wire.RawPage{Vintage: &wire.Vintage{Source: "test.people"}} }
	a, err := d.Decode(page(), []byte(body.String()))
	must(t, err)
	b, err := d.Decode(page(), []byte(body.String()))
	must(t, err)
	if diff := cmp.Diff(a.Payloads, b.Payloads); diff != "" {
		t.Error(diff)
	}
}

// FuzzDecode holds conservation over any bytes.
func FuzzDecode(f *testing.F) {
	f.Add(false, peopleHeader+"195200000;a;2023-01-01;both;7;\n")
	f.Add(true, callsHeader+"1;195863200;2026-11-03 02:14:05;;15;отмена;\n")
	f.Add(false, "<html>")
	f.Add(false, "\ufeff"+peopleHeader+"\"195200000;a")
	d := decoder(f, peopleContract, callsContract)
	f.Fuzz(func(t *testing.T, calls bool, body string) {
		source := "test.people"
		if calls {
			source = "test.calls"
		}
		out, err := d.Decode(&wire.RawPage{Vintage: &wire.Vintage{Source: source}}, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		words(t, out)
		if n := out.Flow.GetRecordsIn(); n == 0 {
			t.Errorf("a page without a record: %v", out.Flow)
		}
		if sum := slices.Collect(maps.Values(out.Flow.GetSkippedByRule())); len(sum) == 0 && out.Flow.GetRecordsSkipped() != 0 {
			t.Errorf("skipped without a rule: %v", out.Flow)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	d := decoder(b, peopleContract)
	var body strings.Builder
	body.WriteString(peopleHeader)
	const rows = 100_000
	for i := range rows {
		fmt.Fprintf(&body, "19%02d00000;село;%04d-%02d-%02d;both;%d;\n", []int{36, 40, 42, 52, 58, 62, 66, 68}[i%8], 1970+i/8/336, 1+i/8/28%12, 1+i/8%28, i)
	}
	text := []byte(body.String())
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		out, err := d.Decode(&wire.RawPage{Vintage: &wire.Vintage{Source: "test.people"}}, text)
		if err != nil || out.Flow.GetRecordsUsed() < rows/2 {
			b.Fatal(out.Flow, err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
