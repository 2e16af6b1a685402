package main

import (
	"strings"
	"testing"
	"time"

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
	list := []clickhouse.SourceStatus{{Source: "a.b", LastStartedAt: pulled}, {Source: "file.drop", LastStartedAt: pulled}}
	for _, x := range []struct {
		now  time.Time
		want string
	}{
		{pulled.Add(22 * time.Hour), "in time"},
		{pulled.Add(26 * time.Hour), "3h0m0s late"},
	} {
		got, err := n.health(list, x.now)
		if err != nil || got[0].lag() != x.want || got[1].lag() != "-" {
			t.Errorf("at %s: %+v, %v, want %s", x.now, got, err, x.want)
		}
	}
}
