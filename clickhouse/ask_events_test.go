package clickhouse_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// call is a report about one event; hour counts from base.
type call struct {
	id        string
	area      uint32
	hour      int
	withdrawn bool
}

func calls(seq uint64, cs ...call) *wire.Events {
	e := &wire.Events{Vintage: vintage(seq, 1, base), KindDict: []string{"ambulance_call"}}
	for i, c := range cs {
		at := base.Add(time.Duration(c.hour) * time.Hour).UnixMilli()
		e.Kind, e.Id, e.Area = append(e.Kind, 0), append(e.Id, c.id), append(e.Area, c.area)
		e.OccurredAtMs, e.ReportedAtMs = append(e.OccurredAtMs, at), append(e.ReportedAtMs, at)
		e.Withdrawn, e.Row = append(e.Withdrawn, c.withdrawn), append(e.Row, uint32(i+1))
	}
	return e
}

func TestEventPagesHoldTheNewestReportOfEachEvent(t *testing.T) {
	t.Parallel()
	db := open(t)
	const in, below, outside = 195200000, 195259100, 195300000
	insert(t, db, "event", "e1", calls(1,
		call{"stays", below, 0, false}, call{"again", below, 1, false}, call{"taken back", below, 1, false},
		call{"moves out", below, 1, false}, call{"re-dated", below, 1, false}, call{"elsewhere", outside, 1, false},
		call{"too late", in, 2, false}, call{"too early", in, -1, false}, call{"last", in, 1, false}, call{"dated back", in, 1, false}))
	insert(t, db, "event", "e12", calls(12,
		call{"taken back", below, 1, true}, call{"again", in, 1, false}, call{"moves out", outside, 1, false},
		call{"re-dated", below, 5, false}, call{"elsewhere", in, 1, false}, call{"dated back", in, -1, false}))
	page := func(seq, events uint64, first, last uint32) clickhouse.EventPage {
		return clickhouse.EventPage{
			Source: "bns.taldau", Run: fmt.Sprintf("run-%d", seq/10), Page: uint32(seq), RawSHA256: fmt.Sprintf("%x", vintage(seq, 1, base).GetRawSha256()),
			Events: events, FirstRow: first, LastRow: last,
		}
	}
	q := clickhouse.EventsQuery{Kind: "ambulance_call", Area: in, From: base, To: base.Add(2 * time.Hour)}
	before := q
	before.AsOf = base.Add(time.Hour)
	other := q
	other.Kind = "fire"
	oblast := q
	oblast.Area = auyl.AreaCode(190000000)
	for _, tt := range []struct {
		name string
		q    clickhouse.EventsQuery
		want []clickhouse.EventPage
	}{
		{"now", q, []clickhouse.EventPage{page(1, 2, 1, 9), page(12, 2, 2, 5)}},
		{"before the second page", before, []clickhouse.EventPage{page(1, 7, 1, 10)}},
		{"oblast", oblast, []clickhouse.EventPage{page(1, 2, 1, 9), page(12, 3, 2, 5)}},
		{"another kind", other, nil},
	} {
		got, err := db.EventPages(t.Context(), tt.q)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: EventPages (-want +got):\n%s", tt.name, diff)
		}
	}
}
