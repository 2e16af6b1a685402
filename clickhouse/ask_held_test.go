package clickhouse_test

import (
	"slices"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/schemas/wire"
)

func TestHeldDeliveriesWaitUntilSomebodyDecides(t *testing.T) {
	t.Parallel()
	db := open(t)
	letter := func(reason string, by uint32, d *wire.Decision) *wire.DeadLetter {
		return &wire.DeadLetter{Position: "page", Reason: reason, Found: "found " + reason, Held: by == 0, ResolvedBy: by, Decision: d}
	}
	yes, no := &wire.Decision{Accept: true, By: "aigul", Why: "asked them"}, &wire.Decision{By: "dauren", Why: "wrong file"}
	page := func(seq uint64) *wire.Vintage { return vintage(seq, auyl.RankOfficial, base) }
	then := func(seq, at uint64) *wire.Vintage {
		v := page(seq)
		v.ReplaySeq, v.ReplayedAtMs = at, base.Add(time.Duration(at)*time.Hour).UnixMilli()
		return v
	}
	// The decision comes into the tables before what it decides on.
	insert(t, db, "dead_letter", "d9", &wire.DeadLetters{Vintage: then(3, 9), Letters: []*wire.DeadLetter{letter("unit_jump", 2, yes), letter("areas_missing", 2, yes)}})
	insert(t, db, "dead_letter", "d3", &wire.DeadLetters{Vintage: page(3), Letters: []*wire.DeadLetter{letter("unit_jump", 0, nil), letter("areas_missing", 0, nil)}})
	insert(t, db, "dead_letter", "d4", &wire.DeadLetters{Vintage: page(4), Letters: []*wire.DeadLetter{letter("page_repeated", 0, nil)}})
	insert(t, db, "dead_letter", "d8", &wire.DeadLetters{Vintage: then(4, 8), Letters: []*wire.DeadLetter{letter("page_repeated", 2, no)}})
	insert(t, db, "dead_letter", "d5", &wire.DeadLetters{Vintage: page(5), Letters: []*wire.DeadLetter{letter("rows_missing", 0, nil), letter("unit_jump", 0, nil)}})
	insert(t, db, "dead_letter", "d7", &wire.DeadLetters{Vintage: then(5, 7), Letters: []*wire.DeadLetter{letter("unit_jump", 2, yes), letter("rows_missing", 0, nil)}})
	insert(t, db, "dead_letter", "d6", &wire.DeadLetters{Vintage: page(6), Letters: []*wire.DeadLetter{{Position: "page", Reason: "page_html"}}})

	all, err := db.HeldDeliveries(t.Context(), clickhouse.HeldQuery{})
	if err != nil || len(all) != 3 {
		t.Fatalf("HeldDeliveries = %+v, %v", all, err)
	}
	waits, rejected, accepted := all[0], all[1], all[2]
	if waits.RawSeq != 5 || waits.State != "waiting" || !waits.DecidedAt.IsZero() || !slices.Equal(waits.Reasons, []string{"rows_missing", "unit_jump"}) {
		t.Errorf("half decided = %+v", waits)
	}
	if rejected.State != "rejected" || rejected.DecidedBy != "dauren" || rejected.DecidedWhy != "wrong file" || !rejected.DecidedAt.Equal(base.Add(8*time.Hour)) {
		t.Errorf("rejected = %+v", rejected)
	}
	if accepted.State != "accepted" || accepted.DecidedBy != "aigul" || accepted.Found != "found areas_missing; found unit_jump" || accepted.Delivery != "run-0/3" {
		t.Errorf("accepted = %+v", accepted)
	}
	if w, err := db.HeldDeliveries(t.Context(), clickhouse.HeldQuery{Waiting: true, Source: waits.Source, Delivery: waits.Run}); err != nil || len(w) != 1 || w[0].RawSeq != 5 {
		t.Errorf("waiting = %+v, %v", w, err)
	}
}
