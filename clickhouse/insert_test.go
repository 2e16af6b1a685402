package clickhouse_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/schemas/wire"
)

var base = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func vintage(seq uint64, rank auyl.Rank, released time.Time) *wire.Vintage {
	h := sha256.Sum256(fmt.Append(nil, seq))
	return &wire.Vintage{
		Source: "bns.taldau", Run: fmt.Sprintf("run-%d", seq/10), Page: uint32(seq), RawSeq: seq, RawSha256: h[:],
		RecordedAtMs: base.Add(time.Duration(seq) * time.Hour).UnixMilli(), ReleasedAtMs: released.UnixMilli(),
		Origin: uint32(auyl.OriginReal), Rank: uint32(rank), ContractVersion: 1,
	}
}

func encode(tb testing.TB, ms ...proto.Message) [][]byte {
	tb.Helper()
	out := make([][]byte, 0, len(ms))
	for _, m := range ms {
		b, err := wire.Marshal(m)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

func insert(tb testing.TB, db *clickhouse.DB, table, token string, ms ...proto.Message) {
	tb.Helper()
	if err := db.Writer().Insert(tb.Context(), table, token, encode(tb, ms...)); err != nil {
		tb.Fatal(err)
	}
}

func day(tb testing.TB, s string) int32 {
	tb.Helper()
	d, err := auyl.ParseDay(s)
	if err != nil {
		tb.Fatal(err)
	}
	return int32(d)
}

// one is a message with a single observation.
func one(v *wire.Vintage, area uint32, start int32, value int64, status auyl.Status) *wire.Observations {
	return &wire.Observations{
		Vintage: v, SeriesDict: []string{"population_end"}, DimsDict: []string{""}, Series: []uint32{0}, Dims: []uint32{0},
		Area: []uint32{area}, Freq: []byte{'D'}, Start: []int32{start}, Value: []int64{value}, Status: []byte{byte(status)}, Row: []uint32{1},
	}
}

func TestInsertTwiceUnderOneTokenAddsNothing(t *testing.T) {
	t.Parallel()
	db, err := clickhouse.Open(t.Context(), dsn(t), clickhouse.Options{BlockRows: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	var ms []proto.Message
	for i := range 30 { // 30 messages of 50 rows over 25 years: several blocks, many partitions
		ms = append(ms, page(uint64(i+1), 50))
	}
	for range 3 {
		insert(t, db, "observation", "DATA:1-30:observation", ms...)
	}
	if got := scalar(t, db, "SELECT count() FROM observation"); got != "1500" {
		t.Errorf("rows after three inserts under one token = %s, want 1500", got)
	}
	insert(t, db, "observation", "DATA:31-60:observation", ms...)
	if got := scalar(t, db, "SELECT count() FROM observation"); got != "3000" {
		t.Errorf("rows after the same messages under another token = %s, want 3000: the first half of the test proves nothing", got)
	}
	if got := scalar(t, db, "SELECT count() FROM observation FINAL"); got != "1500" {
		t.Errorf("rows by natural key = %s, want 1500", got)
	}
}

func scalar(tb testing.TB, db *clickhouse.DB, statement string) string {
	tb.Helper()
	_, v, _ := strings.Cut(strings.TrimSpace(raw(tb, db, "csv", statement)), "\n")
	return strings.Trim(v, `"`)
}

// page is a message of n observations, each of another area and year.
func page(seq uint64, n int) *wire.Observations {
	m := &wire.Observations{
		Vintage:    vintage(seq, auyl.RankOfficial, base),
		SeriesDict: []string{"births", "deaths"}, DimsDict: []string{"", "sex=female"},
	}
	for i := range n {
		m.Series = append(m.Series, uint32(i%2))
		m.Dims = append(m.Dims, uint32(i/2%2))
		m.Area = append(m.Area, 190000000+uint32(i)*1000)
		m.Freq = append(m.Freq, 'A')
		m.Start = append(m.Start, int32(auyl.DayOf(time.Date(2000+i%25, 1, 1, 0, 0, 0, 0, time.UTC))))
		m.Value = append(m.Value, int64(seq)*10_000+int64(i))
		m.Status = append(m.Status, "AMCE"[i%4])
		m.Row = append(m.Row, uint32(i+1))
	}
	return m
}

// TestObservationsComeBackAsTheyWere compares each column of each row with the message.
func TestObservationsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	db := open(t)
	m := page(7, 9)
	insert(t, db, "observation", "x", m)
	var want strings.Builder
	for i := range m.GetArea() {
		value := auyl.Decimal(m.GetValue()[i]).String()
		if auyl.Status(m.GetStatus()[i]).Empty() {
			value = `\N`
		}
		fmt.Fprintf(&want, "%q,%q,%q,%q,%q,%s,%q,%q,1,%q,%q,%q,7,%q,%q,7,%d\n",
			m.GetSeriesDict()[m.GetSeries()[i]], m.GetDimsDict()[m.GetDims()[i]], auyl.AreaCode(m.GetArea()[i]).String(), "A",
			auyl.Day(m.GetStart()[i]).String(), value, string(m.GetStatus()[i]), "real", "bns.taldau", "2026-07-01 19:00:00.000",
			"2026-07-01 12:00:00.000", fmt.Sprintf("%X", m.GetVintage().GetRawSha256()), "run-0", i+1)
	}
	_, got, _ := strings.Cut(raw(t, db, "csv", `SELECT series, dims, area, freq, period_start, value, status, origin, rank, source,
		recorded_at, released_at, raw_seq, hex(raw_sha256), run_id, page, row FROM observation ORDER BY row`), "\n")
	if diff := cmp.Diff(want.String(), got); diff != "" {
		t.Errorf("rows differ (-want +got):\n%s", diff)
	}
}

func TestInsertRefusesWhatTheWireFormatDoesNotAllow(t *testing.T) {
	t.Parallel()
	db := open(t)
	d := day(t, "2023-01-01")
	good := one(vintage(1, 1, base), 195200000, d, 1, auyl.StatusNormal)
	bad := map[string]func(*wire.Observations){
		"short column":   func(m *wire.Observations) { m.Row = nil },
		"index outside":  func(m *wire.Observations) { m.Series[0] = 9 },
		"no vintage":     func(m *wire.Observations) { m.Vintage = nil },
		"no hash":        func(m *wire.Observations) { m.Vintage.RawSha256 = nil },
		"no area":        func(m *wire.Observations) { m.Area[0] = 0 },
		"no such status": func(m *wire.Observations) { m.Status[0] = 'Z' },
		"no such freq":   func(m *wire.Observations) { m.Freq[0] = 'H' },
		"no such origin": func(m *wire.Observations) { m.Vintage.Origin = 3 },
	}
	for name, spoil := range bad {
		m, ok := proto.Clone(good).(*wire.Observations)
		if !ok {
			t.Fatal("clone")
		}
		spoil(m)
		err := db.Writer().Insert(t.Context(), "observation", name, encode(t, good, m))
		var e *clickhouse.BadMessageError
		if !errors.As(err, &e) || e.Message != 1 {
			t.Errorf("%s: Insert = %v, want a BadMessageError about message 1", name, err)
		}
	}
	if got := scalar(t, db, "SELECT count() FROM observation"); got != "0" {
		t.Errorf("%s rows of refused inserts are there, want none", got)
	}
	insert(t, db, "observation", "good", good)
	if got := scalar(t, db, "SELECT count() FROM observation"); got != "1" {
		t.Errorf("rows after a good insert = %s, want 1", got)
	}
}

// TestARefusedStatementIsNotTakenForAnAbsence drops the table under a large insert.
func TestARefusedStatementIsNotTakenForAnAbsence(t *testing.T) {
	t.Parallel()
	db := open(t)
	if err := db.Exec(t.Context(), "DROP TABLE observation"); err != nil {
		t.Fatal(err)
	}
	var ms []proto.Message
	for i := range 20 {
		ms = append(ms, page(uint64(i+1), 5000))
	}
	err := db.Writer().Insert(t.Context(), "observation", "x", encode(t, ms...))
	var e *clickhouse.Error
	if !errors.As(err, &e) || e.Code != 60 || e.Temporary() {
		t.Errorf("Insert into no table = %v, want code 60, not temporary", err)
	}
}

func TestAnEngineThatIsAwayIsTemporary(t *testing.T) {
	t.Parallel()
	_, err := clickhouse.Open(t.Context(), "http://default@127.0.0.1:1/auyl", clickhouse.Options{})
	var e *clickhouse.Error
	if !errors.As(err, &e) || !e.Temporary() {
		t.Errorf("Open where nobody listens = %v, want a temporary error", err)
	}
	if _, err := clickhouse.Open(t.Context(), "clickhouse://u:secret@h:9000/auyl", clickhouse.Options{}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("Open of a native address = %v, want a refusal without the password", err)
	}
}

// TestRepeatStoresWhatIsMissingAndNothingElse takes rows away behind the back of the log of tokens, as a kill does.
func TestRepeatStoresWhatIsMissingAndNothingElse(t *testing.T) {
	t.Parallel()
	db := open(t)
	var ms []proto.Message
	for i := range 10 {
		ms = append(ms, page(uint64(i+1), 60))
	}
	insert(t, db, "observation", "a", ms...)
	insert(t, db, "observation", "other", page(99, 60))
	if err := db.Exec(t.Context(), "DELETE FROM observation WHERE row % 3 = 0 AND raw_seq < 5"); err != nil {
		t.Fatal(err)
	}
	insert(t, db, "observation", "a", ms...)
	if got := scalar(t, db, "SELECT count() FROM observation"); got != "580" {
		t.Errorf("rows after an insert under the old token = %s, want the 580 that were left", got)
	}
	for range 2 {
		if err := db.Writer().Repeat(t.Context(), "observation", "a", encode(t, ms...)); err != nil {
			t.Fatal(err)
		}
		if got := scalar(t, db, "SELECT concat(toString(count()), ' ', toString(uniqExact(raw_seq, row)), ' ', toString(sum(value))) FROM observation"); got != "660 660 "+total(append(ms, page(99, 60))...) {
			t.Errorf("rows after Repeat = %s", got)
		}
	}
	for table, m := range map[string]proto.Message{
		"flow": &wire.Flow{Vintage: vintage(1, 1, base)}, "ingest_run": &wire.RunEnd{Source: "a.b", Origin: 1, Run: "r", StartedAtMs: 1},
		"dead_letter":     &wire.DeadLetters{Vintage: vintage(1, 1, base), Letters: []*wire.DeadLetter{{Reason: "html"}}},
		"indicator_value": cell(vintage(1, 1, base), 195200000, auyl.LevelDistrict, 'D', 1, 1, 1, 'A'),
		"event": &wire.Events{
			Vintage: vintage(1, 1, base), KindDict: []string{"k"}, Kind: []uint32{0}, Id: []string{"1"}, Area: []uint32{1}, OccurredAtMs: []int64{1},
			ReportedAtMs: []int64{1}, Withdrawn: []bool{false}, Row: []uint32{1},
		},
	} {
		for range 2 {
			if err := db.Writer().Repeat(t.Context(), table, "b", encode(t, m)); err != nil {
				t.Errorf("%s: %v", table, err)
			}
		}
		if got := scalar(t, db, "SELECT count() FROM "+table); got != "1" {
			t.Errorf("%s has %s rows after two repeats of one, want 1", table, got)
		}
	}
	if left := raw(t, db, "csv", "SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE '%repeat%'"); strings.Count(left, "\n") != 1 {
		t.Errorf("tables left over:\n%s", left)
	}
}

// total is the sum of the values that are there.
func total(ms ...proto.Message) string {
	var sum auyl.Decimal
	for _, m := range ms {
		o, _ := m.(*wire.Observations)
		for i, v := range o.GetValue() {
			if !auyl.Status(o.GetStatus()[i]).Empty() {
				sum += auyl.Decimal(v)
			}
		}
	}
	return sum.String()
}
