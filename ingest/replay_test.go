package ingest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl/ingest"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// rawPage is the message of the page that decode makes.
func rawPage(source string) *wire.RawPage {
	return &wire.RawPage{Url: source + "@x.csv", Vintage: &wire.Vintage{
		Source: source, Run: source + "/1", Page: 1, RawSeq: 4, RecordedAtMs: 1000, ReleasedAtMs: 1000, Origin: 1, Rank: 1,
	}}
}

// refused are the letters of a decoded page.
func refused(tb testing.TB, d ingest.Decoded) []*wire.Refused {
	tb.Helper()
	var out []*wire.Refused
	for _, p := range d.Payloads {
		if !strings.HasPrefix(p.Subject, "dead.") {
			continue
		}
		var m wire.DeadLetters
		must(tb, wire.Unmarshal(p.Data, &m))
		for _, l := range m.GetLetters() {
			if l.GetResolvedBy() == 0 {
				out = append(out, &wire.Refused{Row: l.GetRow(), Position: l.GetPosition(), Field: l.GetField(), Reason: l.GetReason()})
			}
		}
	}
	return out
}

// replay decodes a page, and what was refused of it again under another contract.
func replay(tb testing.TB, before, after *ingest.Decoder, source, body string) (first, second ingest.Decoded) {
	tb.Helper()
	var err error
	first, err = before.Decode(rawPage(source), []byte(body))
	must(tb, err)
	page := rawPage(source)
	page.GetVintage().ReplaySeq, page.GetVintage().ReplayedAtMs = 9, 5000
	page.Replay = &wire.Replay{Letters: refused(tb, first), AskedAtMs: 5000}
	second, err = after.Decode(page, []byte(body))
	must(tb, err)
	return first, second
}

// letters writes dead letters with what became of them.
func letters(tb testing.TB, d ingest.Decoded) []string {
	tb.Helper()
	var out []string
	for _, p := range d.Payloads {
		if !strings.HasPrefix(p.Subject, "dead.") {
			continue
		}
		var m wire.DeadLetters
		must(tb, wire.Unmarshal(p.Data, &m))
		for _, l := range m.GetLetters() {
			out = append(out, fmt.Sprintf("%s %s %s resolved by %d", l.GetPosition(), l.GetField(), l.GetReason(), l.GetResolvedBy()))
		}
	}
	return out
}

const mendedBody = peopleHeader +
	"195200000;a;2023-01-01;both;6000000;\n" + // too many, until the contract is mended
	"195200000;a;2023-01-01;males;1;\n" + // an unknown word, afterwards as well
	"195234000;b;2023-01-01;both;7000000;\n" + // says otherwise of what was taken
	"195234000;b;2023-01-01;both;5;\n" +
	"195235000;c;2023-01-01;both;8;\n"

// TestReplayTakesWhatPassesNow: of a page only what was refused is decoded again,
// under the vintage of the page; what still fails stays, what fails otherwise is a
// new letter, and the row of conservation counts the letters alone.
func TestReplayTakesWhatPassesNow(t *testing.T) {
	t.Parallel()
	mended := decoder(t, strings.Replace(strings.Replace(peopleContract, "max: 5000000", "max: 9000000", 1), "version: 3", "version: 4", 1))
	first, second := replay(t, decoder(t, peopleContract), mended, "test.people", mendedBody)
	if n := first.Flow.GetRecordsDead(); n != 3 {
		t.Fatalf("%d records are dead at first, want 3", n)
	}
	got := words(t, second)
	if d := cmp.Diff([]string{"195200000 population_end[] 195200000 2023-01-01 6000000 A"}, got.Obs); d != "" {
		t.Errorf("observations (-want +got):\n%s", d)
	}
	want := []string{
		"line 2 people out_of_range resolved by 4",
		"line 3 sex unknown_word resolved by 0",
		"line 4 kato duplicate_key resolved by 0",
		"line 4 people out_of_range resolved by 4",
	}
	if d := cmp.Diff(want, letters(t, second)); d != "" {
		t.Errorf("letters (-want +got):\n%s", d)
	}
	if got.Flow != "in 3 used 1 skipped map[] dead 2 obs 1 evt 0" {
		t.Errorf("flow %s", got.Flow)
	}
	f := second.Flow
	if f.GetRetried() != 3 || f.GetReplayOf() != 4 || f.GetVintage().GetRawSeq() != 9 || f.GetVintage().GetRecordedAtMs() != 5000 {
		t.Errorf("flow %+v", f)
	}
	for _, p := range second.Payloads {
		if strings.HasPrefix(p.Subject, "obs.") {
			var m wire.Observations
			must(t, wire.Unmarshal(p.Data, &m))
			if v := m.GetVintage(); v.GetRawSeq() != 4 || v.GetRecordedAtMs() != 1000 || v.GetReleasedAtMs() != 1000 || v.GetReplaySeq() != 9 || m.GetRow()[0] != 1 {
				t.Errorf("vintage %+v, row %d", v, m.GetRow())
			}
		}
	}
}

// TestReplayUnderTheSameContractChangesNothing: each letter is refused once more.
func TestReplayUnderTheSameContractChangesNothing(t *testing.T) {
	t.Parallel()
	d := decoder(t, peopleContract)
	first, second := replay(t, d, d, "test.people", mendedBody)
	if d := cmp.Diff(letters(t, first), letters(t, second)); d != "" {
		t.Errorf("letters (-want +got):\n%s", d)
	}
	if got := words(t, second); got.Flow != "in 3 used 0 skipped map[] dead 3 obs 0 evt 0" || len(got.Obs) > 0 {
		t.Errorf("got %+v", got)
	}
}

// TestReplayOfARefusedPageTakesIt: the letter of a page as a whole is taken back
// and all its records are counted.
func TestReplayOfARefusedPageTakesIt(t *testing.T) {
	t.Parallel()
	renamed := strings.Replace(mendedBody, "people", "persons", 1)
	mended := decoder(t, strings.ReplaceAll(strings.Replace(peopleContract, "  people: {", "  persons: {", 1), "value: people", "value: persons"))
	_, second := replay(t, decoder(t, peopleContract), mended, "test.people", renamed)
	if got := words(t, second); got.Flow != "in 5 used 2 skipped map[] dead 3 obs 2 evt 0" {
		t.Errorf("flow %s", got.Flow)
	}
	if l := letters(t, second); len(l) != 4 || l[3] != "page  missing_column resolved by 3" || second.Flow.GetRetried() != 1 {
		t.Errorf("letters %q, flow %+v", l, second.Flow)
	}
	// Still refused: one letter, the same.
	first, second := replay(t, decoder(t, peopleContract), decoder(t, peopleContract), "test.people", renamed)
	if d := cmp.Diff(letters(t, first), letters(t, second)); d != "" {
		t.Errorf("letters (-want +got):\n%s", d)
	}
}

// TestReplayOfRecordsThatCannotBeReadNow: the page does not fit the contract any
// more, a record became part of the header, or the contract is gone.
func TestReplayOfRecordsThatCannotBeReadNow(t *testing.T) {
	t.Parallel()
	before := decoder(t, peopleContract)
	other := decoder(t, strings.Replace(peopleContract, "  iin: {", "  more: {type: text}\n  iin: {", 1))
	first, second := replay(t, before, other, "test.people", mendedBody)
	if d := cmp.Diff(letters(t, first), letters(t, second)); d != "" {
		t.Errorf("letters of a page that is refused now (-want +got):\n%s", d)
	}
	_, second = replay(t, before, decoder(t, callsContract), "test.people", mendedBody)
	if got := words(t, second); got.Flow != "in 3 used 0 skipped map[] dead 3 obs 0 evt 0" {
		t.Errorf("without a contract: %s", got.Flow)
	}
	body := strings.Replace(mendedBody, "195200000;a;2023-01-01;males;1;\n", "", 1) // the first record is refused
	_, second = replay(t, before, decoder(t, strings.Replace(peopleContract, "format: csv", "format: csv\nlayout: {skip_rows: 1}", 1)), "test.people",
		peopleHeader+"x;;;;;\n"+body)
	got := words(t, second)
	if !strings.HasPrefix(got.Flow, "in 4 ") || !strings.Contains(got.Flow, "dead 4") {
		t.Errorf("a header that is gone: %s", got.Flow)
	}
	// Two rows of header now: what stood in the second is no record any more.
	twice := strings.ReplaceAll(peopleContract, "kato: {", "\"kato / x\": {")
	twice = strings.ReplaceAll(twice, "field: kato", "field: \"kato / x\"")
	twice = strings.Replace(twice, "format: csv", "format: csv\nlayout: {header_rows: 2}", 1)
	_, second = replay(t, before, decoder(t, twice), "test.people", peopleHeader+"x;;;;;\n"+body)
	if got := words(t, second); !strings.Contains(got.Flow, "skipped map[gone:1]") {
		t.Errorf("a record that became a header: %+v", got)
	}
}

// TestReplayedRecordJoinsItsSum: what is added up over a page is another figure
// once a refused record joins it, so it is told again, whole and as of now; a sum
// that nothing joins is not.
func TestReplayedRecordJoinsItsSum(t *testing.T) {
	t.Parallel()
	body := "kato;okrug;post;day;taken\n" +
		"195830000;x;akim;01.11.2026;1\n195830000;x;vet;01.11.2026;7\n195839000;y;akim;01.11.2026;1\n"
	mended := strings.Replace(strings.Replace(posts, "max: 1,", "max: 7,", 1), "version: 1", "version: 2", 1)
	first, second := replay(t, decoderWith(t, testSeries, nil, posts), decoderWith(t, testSeries, nil, mended), "x.posts", body)
	before := []string{
		"195800000 staff_posts[] 195830000 2026-M10 1 E", "195800000 staff_taken[] 195830000 2026-M10 1000 E",
		"195800000 staff_posts[] 195839000 2026-M10 1 A", "195800000 staff_taken[] 195839000 2026-M10 1000 A",
	}
	if d := cmp.Diff(before, words(t, first).Obs); d != "" {
		t.Errorf("at first (-want +got):\n%s", d)
	}
	after := []string{"195800000 staff_posts[] 195830000 2026-M10 2 A", "195800000 staff_taken[] 195830000 2026-M10 8000 A"}
	if d := cmp.Diff(after, words(t, second).Obs); d != "" {
		t.Errorf("of the replay (-want +got):\n%s", d)
	}
	for _, p := range second.Payloads {
		var m wire.Observations
		if strings.HasPrefix(p.Subject, "obs.") {
			must(t, wire.Unmarshal(p.Data, &m))
			if v := m.GetVintage(); v.GetRawSeq() != 9 || v.GetRecordedAtMs() != 5000 {
				t.Errorf("vintage of the sum %v, want that of the replay", v)
			}
		}
	}
}

func TestReplayedTotalIsHeldAgainstAllParts(t *testing.T) {
	t.Parallel()
	body := "Бюджет округа (КАТО 195259000);\nутверждён на 2026 год;тыс. тенге\nline;amount\n1;1 200,5\n2;300,0\n0;1 600,5\n"
	mended := strings.Replace(strings.Replace(plan, "tolerance: 0.1", "tolerance: 100", 1), "version: 1", "version: 2", 1)
	for _, tt := range []struct{ contract, want string }{
		{mended, "line 6 amount total_mismatch resolved by 2"},
		{plan, "line 6 amount total_mismatch resolved by 0"},
	} {
		_, second := replay(t, decoderWith(t, testSeries, nil, plan), decoderWith(t, testSeries, nil, tt.contract), "x.plan", body)
		if d := cmp.Diff([]string{tt.want}, letters(t, second)); d != "" {
			t.Errorf("letters (-want +got):\n%s", d)
		}
		if got := words(t, second).Obs; len(got) > 0 {
			t.Errorf("observations %q, want none: the parts were taken", got)
		}
	}
}
