package clickhouse_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/schemas/wire"
)

func TestStatusAndDeadLettersTellWhatBecameOfEachRecord(t *testing.T) {
	t.Parallel()
	db := open(t)
	v := vintage(4, auyl.RankOfficial, base)
	insert(t, db, "flow", "f", &wire.Flow{Vintage: v, RecordsIn: 10, RecordsUsed: 6, RecordsSkipped: 3, RecordsDead: 1, Observations: 12, SkippedByRule: map[string]uint64{"total_row": 2, "empty": 1}})
	insert(t, db, "dead_letter", "d", &wire.DeadLetters{Vintage: v, Letters: []*wire.DeadLetter{
		{Row: 7, Position: "line 8", Field: "value", Reason: "not_a_number", Found: "1 2O4", Expected: "a number", Mend: "correct the file", Record: []byte("a;b")},
	}})
	insert(t, db, "dead_letter", "d2", &wire.DeadLetters{Vintage: vintage(5, 1, base), Letters: []*wire.DeadLetter{{Reason: "html"}}})
	for i, status := range []string{"failed", "ok"} {
		at := base.Add(time.Duration(i) * time.Hour)
		insert(t, db, "ingest_run", "r"+status, &wire.RunEnd{Source: "bns.taldau", Run: "run-" + status, StartedAtMs: at.UnixMilli(), FinishedAtMs: at.Add(time.Minute).UnixMilli(), Status: status, Pages: 3, Bytes: 99, Origin: 1})
	}
	got, err := db.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []clickhouse.SourceStatus{{
		Source: "bns.taldau", Origin: "real", Runs: 2, LastRun: "run-ok", LastStartedAt: base.Add(time.Hour), LastFinishedAt: base.Add(time.Hour + time.Minute), LastStatus: "ok",
		Pages: 1, RecordsIn: 10, Used: 6, Skipped: 3, Dead: 1, Observations: 12, DeadLetters: 2, LastRawSeq: 4, LastPageAt: base.Add(4 * time.Hour),
		LastRecords: 10, ColumnsAdded: []string{}, ColumnsRemoved: []string{},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Status (-want +got):\n%s", diff)
	}
	if got := scalar(t, db, "SELECT skipped_by_rule['total_row'] FROM flow WHERE balance = 0"); got != "2" {
		t.Errorf("skipped by total_row = %s, want 2", got)
	}
	letters, err := db.DeadLetters(t.Context(), clickhouse.DeadQuery{})
	if err != nil || len(letters) != 2 || letters[0].Number != 2 || letters[0].Reason != "html" {
		t.Fatalf("DeadLetters = %+v, %v; want two, newest first", letters, err)
	}
	l, ok, err := db.DeadLetter(t.Context(), 1)
	if err != nil || !ok || l.Found != "1 2O4" || l.Record != "a;b" || l.Position != "line 8" || len(l.RawSHA256) != 64 {
		t.Errorf("DeadLetter(1) = %+v, %v, %v", l, ok, err)
	}
	if _, ok, err := db.DeadLetter(t.Context(), 3); ok || err != nil {
		t.Errorf("DeadLetter(3) = %v, %v; want none", ok, err)
	}
	counts, err := db.Counts(t.Context())
	if err != nil || counts["dead_letter"] != 2 || counts["flow"] != 1 || counts["ingest_run"] != 2 || counts["observation"] != 0 || len(counts) != 6 {
		t.Errorf("Counts = %v, %v", counts, err)
	}
}

func TestCellsAndEvents(t *testing.T) {
	t.Parallel()
	db := open(t)
	d := day(t, "2026-07-01")
	for seq := range uint64(3) {
		insert(t, db, "indicator_value", string(rune('a'+seq)), cell(vintage(seq+1, 1, base), 195200000, auyl.LevelDistrict, 'Q', d, float64(seq), 0b1111, 'A'))
	}
	q3 := auyl.NewPeriod(auyl.FreqQuarter, auyl.Day(d))
	cells, err := db.Cells(t.Context(), "population_total", 195200000, q3, time.Time{})
	if err != nil || len(cells) != 3 || *cells[0].Value != 2 || *cells[0].Denominator != 0.0005 || *cells[0].Coverage != 0.75 {
		t.Errorf("Cells = %+v, %v", cells, err)
	}
	cells, err = db.Cells(t.Context(), "population_total", 195200000, q3, base.Add(time.Hour))
	if err != nil || len(cells) != 1 || *cells[0].Value != 0 {
		t.Errorf("Cells as of the first hour = %+v, %v", cells, err)
	}
	event := func(seq uint64, withdrawn bool) proto.Message {
		return &wire.Events{
			Vintage: vintage(seq, 1, base), KindDict: []string{"ambulance_call"}, Kind: []uint32{0, 0}, Id: []string{"k1", "k2"}, Area: []uint32{195259100, 195259200},
			OccurredAtMs: []int64{base.UnixMilli(), base.UnixMilli()}, ReportedAtMs: []int64{base.UnixMilli(), base.UnixMilli()}, Withdrawn: []bool{false, withdrawn}, Row: []uint32{1, 2},
			Attributes: []*wire.Attribute{{Name: "norm_seconds", Value: []int64{1, 2}, Present: []bool{false, true}}, {Name: "arrival_seconds", Value: []int64{6_005_000, 7_000_000}, Present: []bool{true, true}}},
		}
	}
	insert(t, db, "event", "e1", event(1, false))
	if got := scalar(t, db, "SELECT toString(groupArray(attributes)) FROM (SELECT attributes FROM event ORDER BY id)"); got != "[{'arrival_seconds':600.5},{'arrival_seconds':700,'norm_seconds':0.0002}]" {
		t.Errorf("attributes = %s", got)
	}
	insert(t, db, "event", "e2", event(2, true))
	if got := scalar(t, db, "SELECT toString(groupArray(id)) FROM event_current"); got != "['k1']" {
		t.Errorf("events after one was withdrawn = %s, want k1", got)
	}
}

func TestRawIsReadOnlyAndKnowsThreeFormats(t *testing.T) {
	t.Parallel()
	db := open(t)
	const q = "SELECT 1 AS a, NULL AS b, toDecimal64('1.5', 4) AS c, toUInt64(18446744073709551615) AS d, 'x,\"y' AS e ; "
	for format, want := range map[string]string{
		"csv":  "\"a\",\"b\",\"c\",\"d\",\"e\"\n1,\\N,1.5,18446744073709551615,\"x,\"\"y\"\n",
		"json": "[\n{\"a\":1,\"b\":null,\"c\":1.5,\"d\":18446744073709551615,\"e\":\"x,\\\"y\"}\n]\n",
	} {
		if got := raw(t, db, format, q); got != want {
			t.Errorf("%s = %q, want %q", format, got, want)
		}
	}
	if got := raw(t, db, "pretty", q); len(got) < 50 {
		t.Errorf("pretty = %q", got)
	}
	var out discard
	for _, q := range []string{"DROP TABLE observation", "INSERT INTO schema_migration (version) VALUES (9)", "CREATE TABLE x (a UInt8) ENGINE = Memory", "SELEC 1"} {
		if err := db.Raw(t.Context(), q, "csv", &out); err == nil {
			t.Errorf("Raw(%q) was let through", q)
		}
	}
	if out.n != 0 {
		t.Errorf("refused statements wrote %d bytes", out.n)
	}
}

type discard struct{ n int }

func (d *discard) Write(p []byte) (int, error) { d.n += len(p); return len(p), nil }

// TestAReaderCanAskEverything uses the address that the engine gives to readers.
func TestAReaderCanAskEverything(t *testing.T) {
	t.Parallel()
	owner, err := clickhouse.Open(t.Context(), engine(t).DSN(), clickhouse.Options{}) // the one database that readers may see
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	if err := owner.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	loadReference(t, owner)
	insert(t, owner, "indicator_value", "a", cell(vintage(1, 1, base), 195200000, auyl.LevelDistrict, 'D', day(t, "2023-01-01"), 90, 1, 'A'))
	insert(t, owner, "observation", "a", page(1, 10))
	db, err := clickhouse.OpenReader(t.Context(), engine(t).ReaderDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, format := range clickhouse.Formats() {
		for _, q := range []string{
			"SELECT area_name_ru, value FROM auyl.indicator_current WHERE indicator = 'population_total';",
			"SELECT * FROM indicator_asof(t='2026-07-02 00:00:00')",
			"SELECT * FROM auyl.indicator_asof(t='2026-07-02')",
			"SELECT * FROM observation_current", "SELECT * FROM revision", "SELECT * FROM observation_revision",
			"SELECT * FROM lineage(indicator = 'population_total', area = '195200000', period = '2023-01-01')", "SELECT * FROM event_current",
		} {
			raw(t, db, format, q)
		}
	}
	if got := scalar(t, db, "SELECT DISTINCT area_name_kk FROM auyl.indicator_current WHERE area = '195200000'"); got != "Қарасай ауданы" {
		t.Errorf("name that a reader sees = %q", got)
	}
	if err := db.Raw(t.Context(), "DROP TABLE auyl.observation", "csv", &discard{}); err == nil {
		t.Error("a reader dropped a table")
	}
	period, err := auyl.ParsePeriod("2023-01-01")
	if err != nil {
		t.Fatal(err)
	}
	if cells, err := db.Cells(t.Context(), "population_total", 195200000, period, time.Time{}); err != nil || len(cells) != 1 {
		t.Errorf("Cells = %v, %v", cells, err)
	}
	if in, err := db.Inputs(t.Context(), clickhouse.InputsQuery{Series: []auyl.SeriesID{"births"}, Area: 190000000, First: 0, Last: 40000}); err != nil || len(in) == 0 {
		t.Errorf("Inputs = %v, %v", in, err)
	}
	if _, err := db.Status(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := db.DeadLetters(t.Context(), clickhouse.DeadQuery{Limit: 5}); err != nil {
		t.Error(err)
	}
	if _, err := db.Counts(t.Context()); err != nil {
		t.Error(err)
	}
}
