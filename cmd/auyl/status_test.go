package main

import (
	"strings"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/config"
	"github.com/auyl-kz/auyl/schemas"
)

// TestDriftNamesWhatCameAndWent: a column that was renamed is one line and not two.
func TestDriftNamesWhatCameAndWent(t *testing.T) {
	t.Parallel()
	x := clickhouse.SourceStatus{ColumnsAdded: []string{"address_lines", "valu", "fresh"}, ColumnsRemoved: []string{"address_line", "old"}}
	got := strings.Join(driftOf(x, []string{"kato", "value"}), "|")
	want := `column "address_line" is "address_lines" now|new column "valu", like field "value"|new column "fresh"|column "old" is gone`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := driftOf(clickhouse.SourceStatus{}, nil); len(got) != 0 {
		t.Errorf("no drift is %q", got)
	}
}

// TestLagIsHeldAgainstTheSchedule: only sources with times of their own are late.
func TestLagIsHeldAgainstTheSchedule(t *testing.T) {
	t.Parallel()
	n := &node{cfg: &config.Config{Zone: "Asia/Almaty", Sources: []config.Source{{ID: "a.b", Schedule: "0 6 * * *"}}}, house: &schemas.House{}}
	pulled := time.Date(2026, 10, 1, 2, 0, 0, 0, time.UTC) // seven in Almaty
	n.house.Contracts = map[auyl.SourceID]*schemas.Contract{"file.promised": {Expect: &schemas.Expect{Freq: auyl.FreqMonth, ByDay: 10}}, "file.drop": {}}
	list := []clickhouse.SourceStatus{{Source: "a.b", LastStartedAt: pulled}, {Source: "file.drop", LastStartedAt: pulled}, {Source: "file.promised", LastPageAt: pulled}, {Source: "file.promised"}}
	for _, x := range []struct {
		now            time.Time
		want, promised string
	}{
		{pulled.Add(22 * time.Hour), "in time", "in time"},
		{pulled.Add(26 * time.Hour), "3h0m0s late", "in time"},
		// A page of October tells of September; that of October is due on 10 November, Almaty.
		{time.Date(2026, 11, 10, 18, 0, 0, 0, time.UTC), "", "in time"},
		{time.Date(2026, 11, 10, 21, 0, 0, 0, time.UTC), "", "2h0m0s late"},
	} {
		got, err := n.health(list, x.now)
		if err != nil || x.want != "" && got[0].lag() != x.want || got[1].lag() != "-" || got[2].lag() != x.promised || got[3].lag() != "-" {
			t.Errorf("at %s: %+v, %v, want %s and %s", x.now, got, err, x.want, x.promised)
		}
	}
}

// TestStatusKnowsWhoIsConcerned: a contract that comes with auyl is no source yet.
func TestStatusKnowsWhoIsConcerned(t *testing.T) {
	t.Parallel()
	n := &node{cfg: &config.Config{Sources: []config.Source{{ID: "a.asked"}}, Push: config.Push{Sources: []config.PushSource{{ID: "a.pushed"}}}}}
	got := ""
	for _, x := range n.concerned([]clickhouse.SourceStatus{
		{Source: "a.asked"}, {Source: "a.pushed"}, {Source: "b.idle", LastStatus: "unchanged"}, {Source: "b.given", Pages: 1}, {Source: "b.dead", DeadLetters: 1}, {Source: "b.down", LastError: "no route"},
	}) {
		got += x.Source + " "
	}
	if want := "a.asked a.pushed b.given b.dead b.down "; got != want {
		t.Errorf("concerned = %s, want %s", got, want)
	}
}

// TestTablesFitTheTerminal: what is wider than the terminal becomes paragraphs.
func TestTablesFitTheTerminal(t *testing.T) {
	t.Parallel()
	rows := [][]string{{"source", "status", "lag", "drift"}, {"bns.sme", "ok", "-", `new column "есептер саны"; column "old" is gone`}, {"a.b", "failed", "3h0m0s late", "-"}}
	for _, x := range []struct {
		width int
		want  string
	}{
		{0, "source   status  lag          drift\nbns.sme  ok      -            new column \"есептер саны\"; column \"old\" is gone\na.b      failed  3h0m0s late  -\n"},
		{40, "bns.sme\n  status ok\n  drift new column \"есептер саны\";\n  column \"old\" is gone\na.b\n  status failed · lag 3h0m0s late\n"},
	} {
		var b strings.Builder
		if err := fitted(&b, x.width, rows); err != nil || b.String() != x.want {
			t.Errorf("at %d columns: %v\n%s\nwant\n%s", x.width, err, b.String(), x.want)
		}
	}
}
