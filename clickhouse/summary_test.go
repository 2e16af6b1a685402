package clickhouse_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
)

func TestHistoryOfSummariesIsTheNewestRevision(t *testing.T) {
	t.Parallel()
	db := open(t)
	period, err := auyl.ParsePeriod("2026-M09")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 10, 5, 4, 0, 0, 0, time.UTC)
	run := clickhouse.SummaryRun{Summary: "oblast-monthly", Version: 1, Area: 190000000, Period: period, State: "open", DueAt: at, OpenedAt: at, AsOf: at, Late: true, Missing: []string{"2 of 131 budgets"}, Revision: 3}
	planned := clickhouse.SummaryDelivery{
		Summary: "oblast-monthly", Area: 190000000, Period: period, AsOf: at, Lang: "kk", Recipient: "akim", Channel: "mail",
		MessageID: "1@example.kz", State: "planned", PlannedAt: at, Revision: 4, Key: "dlv.a",
	}
	sent := planned
	sent.State, sent.Attempt, sent.SHA256, sent.Bytes, sent.StartedAt, sent.EndedAt, sent.Revision = "sent", 1, "ab", 17, at, at.Add(time.Second), 6
	other := planned
	other.Recipient, other.Key, other.State, other.Revision, other.EndedAt, other.RetryAt, other.Error = "deputy", "dlv.b", "failed", 7, at, at.Add(time.Minute), "451 greylisted"
	for range 2 { // a restart writes all again, in any order
		if err := db.NoteSummaries(t.Context(), []clickhouse.SummaryRun{run}, []clickhouse.SummaryDelivery{sent, other}); err != nil {
			t.Fatal(err)
		}
		if err := db.NoteSummaries(t.Context(), nil, []clickhouse.SummaryDelivery{planned}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range []int{0, 1} {
		d := []*clickhouse.SummaryDelivery{&sent, &other}[i]
		d.Revision, d.Late, d.Missing = 0, true, run.Missing
	}
	for _, tt := range []struct {
		q    clickhouse.DeliveryQuery
		want []clickhouse.SummaryDelivery
	}{
		{clickhouse.DeliveryQuery{}, []clickhouse.SummaryDelivery{sent, other}},
		{clickhouse.DeliveryQuery{State: "failed"}, []clickhouse.SummaryDelivery{other}},
		{clickhouse.DeliveryQuery{Summary: "oblast-monthly", Area: "190000000", Limit: 1}, []clickhouse.SummaryDelivery{sent}},
		{clickhouse.DeliveryQuery{Summary: "x'; DROP TABLE summary_run"}, nil},
	} {
		got, err := db.SummaryDeliveries(t.Context(), tt.q)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got, cmp.Comparer(func(a, b auyl.Period) bool { return a == b })); diff != "" {
			t.Errorf("SummaryDeliveries(%+v) (-want +got):\n%s", tt.q, diff)
		}
	}
}
