package clickhouse_test

import (
	"slices"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// again is the vintage of what a replay says of the page with sequence 4.
func again(seq uint64) *wire.Vintage {
	v := vintage(4, auyl.RankOfficial, base)
	v.ReplaySeq, v.ReplayedAtMs, v.ContractVersion = seq, base.Add(time.Duration(seq)*time.Hour).UnixMilli(), 2
	return v
}

// TestReplaysAreCountedExactly: records in are used, skipped or dead, each once,
// whatever was decoded again, and in whatever order the rows were inserted.
func TestReplaysAreCountedExactly(t *testing.T) {
	t.Parallel()
	db := open(t)
	page := vintage(4, auyl.RankOfficial, base)
	flow := func(seq uint64, f *wire.Flow) *wire.Flow {
		f.Vintage = vintage(seq, auyl.RankOfficial, base)
		f.Vintage.Run = page.GetRun()
		f.ReplayOf = 4
		return f
	}
	l := func(row uint32, reason string, by uint32) *wire.DeadLetter {
		d := &wire.DeadLetter{Row: row, Position: "line", Field: "value", Reason: reason, ResolvedBy: by}
		if by == 0 {
			d.Found = "found"
		}
		return d
	}
	// The last replay comes into the tables first.
	insert(t, db, "dead_letter", "d9", &wire.DeadLetters{Vintage: again(9), Letters: []*wire.DeadLetter{l(1, "a", 2), l(2, "a", 0), l(3, "b", 0), l(3, "a", 2)}})
	insert(t, db, "dead_letter", "d4", &wire.DeadLetters{Vintage: page, Letters: []*wire.DeadLetter{l(1, "a", 0), l(2, "a", 0), l(3, "a", 0)}})
	insert(t, db, "dead_letter", "d5", &wire.DeadLetters{Vintage: vintage(5, 1, base), Letters: []*wire.DeadLetter{l(1, "a", 0)}})
	insert(t, db, "flow", "f9", flow(9, &wire.Flow{RecordsIn: 3, RecordsUsed: 1, RecordsDead: 2, Observations: 1, Retried: 3}))
	insert(t, db, "flow", "f4", &wire.Flow{Vintage: page, RecordsIn: 10, RecordsUsed: 7, RecordsDead: 3, Observations: 7, UnknownColumns: []string{"old", "same"}})
	insert(t, db, "flow", "f5", &wire.Flow{Vintage: vintage(5, 1, base), RecordsIn: 1, RecordsDead: 1, UnknownColumns: []string{"same", "new"}})
	// A page that was refused whole had one record: itself. It turns out to have 20.
	insert(t, db, "flow", "f10", flow(10, &wire.Flow{RecordsIn: 20, RecordsUsed: 18, RecordsSkipped: 2, Observations: 18, Retried: 1}))

	s, err := db.Status(t.Context())
	if err != nil || len(s) != 1 {
		t.Fatalf("Status = %+v, %v", s, err)
	}
	x := s[0]
	if x.Pages != 2 || x.RecordsIn != 30 || x.Used != 26 || x.Skipped != 2 || x.Dead != 2 || x.Observations != 26 || x.Balance != 0 || x.LastRawSeq != 5 {
		t.Errorf("Status = %+v", x)
	}
	first := vintage(6, 1, base)
	first.Source = "first.page"
	insert(t, db, "flow", "f6", &wire.Flow{Vintage: first, RecordsIn: 2, RecordsUsed: 2, UnknownColumns: []string{"not", "asked", "for"}})
	refused := vintage(7, 1, base)
	refused.Source = "first.page"
	insert(t, db, "flow", "f7", &wire.Flow{Vintage: refused, RecordsIn: 1, RecordsDead: 1})
	if all, err := db.Status(t.Context()); err != nil || len(all) != len(s)+1 {
		t.Errorf("status = %+v, %v", all, err)
	} else {
		for _, y := range all {
			if y.Source == "first.page" && len(y.ColumnsAdded)+len(y.ColumnsRemoved) > 0 {
				t.Errorf("a first page, and one that was refused: columns %q came, %q went", y.ColumnsAdded, y.ColumnsRemoved)
			}
		}
	}
	if !slices.Equal(x.ColumnsAdded, []string{"new"}) || !slices.Equal(x.ColumnsRemoved, []string{"old"}) || x.LastRecords != 1 {
		t.Errorf("columns %q came, %q went", x.ColumnsAdded, x.ColumnsRemoved)
	}
	if x.DeadLetters != 3 {
		t.Errorf("%d letters are open, want 3", x.DeadLetters)
	}

	all, err := db.DeadLetters(t.Context(), clickhouse.DeadQuery{})
	if err != nil || len(all) != 5 {
		t.Fatalf("DeadLetters = %+v, %v", all, err)
	}
	// A letter that a replay wrote is new: it has the last number, whatever its page.
	if n := all[0]; n.Number != 5 || n.Reason != "b" || n.Row != 3 || n.Times != 1 || n.RawSeq != 4 || !n.FirstSeen.Equal(base.Add(9*time.Hour)) || n.ResolvedBy != 0 {
		t.Errorf("newest = %+v", n)
	}
	if r := all[4]; r.Row != 1 || r.ResolvedBy != 2 || !r.ResolvedAt.Equal(base.Add(9*time.Hour)) || r.Times != 1 || r.Found != "found" {
		t.Errorf("resolved = %+v", r)
	}
	if f := all[3]; f.Row != 2 || f.ResolvedBy != 0 || f.Times != 2 || !f.FirstSeen.Equal(base.Add(4*time.Hour)) || !f.LastSeen.Equal(base.Add(9*time.Hour)) || f.ContractVersion != 2 {
		t.Errorf("refused twice = %+v", f)
	}
	for _, q := range []struct {
		q    clickhouse.DeadQuery
		want int
	}{
		{clickhouse.DeadQuery{Open: true}, 3},
		{clickhouse.DeadQuery{Open: true, Reason: "b"}, 1},
		{clickhouse.DeadQuery{Since: base.Add(5 * time.Hour)}, 2},
		{clickhouse.DeadQuery{Source: "no.such"}, 0},
		{clickhouse.DeadQuery{Limit: 2}, 2},
	} {
		if got, err := db.DeadLetters(t.Context(), q.q); err != nil || len(got) != q.want {
			t.Errorf("DeadLetters(%+v) has %d, %v, want %d", q.q, len(got), err, q.want)
		}
	}
}
