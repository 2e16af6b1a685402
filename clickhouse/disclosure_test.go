package clickhouse_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/clickhouse/embedded"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// TestReadersDoNotSeeWhatIsSuppressed: of a cell that was shown once and is
// suppressed now, and of the series of persons below it, no table, view or older
// vintage gives a reader the figures, nor older ones of the cells around it, from
// which it could be computed. The owner keeps them.
func TestReadersDoNotSeeWhatIsSuppressed(t *testing.T) {
	t.Parallel()
	e, err := embedded.Start(t.Context(), embedded.Options{Dir: t.TempDir()}) // readers see one database, and another test counts what is in it
	if errors.Is(err, embedded.ErrNoEngine) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	owner, err := clickhouse.Open(t.Context(), e.DSN(), clickhouse.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	if err := owner.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	loadReference(t, owner)
	const indicator, oblast, district, okrug, sibling = "asp_recipients_share", 190000000, 195200000, 195259000, 195253000
	insert(t, owner, "observation", "1", report(t, 1,
		reported{"asp_recipients", "", okrug, 'Q', "2026-07-01", 31415, 'A'}, reported{"population_end", "", okrug, 'D', "2026-07-01", 900, 'A'}))
	insert(t, owner, "observation", "2", report(t, 2, reported{"asp_recipients", "", okrug, 'Q', "2026-07-01", 27182, 'A'}))
	at := day(t, "2026-07-10")
	insert(t, owner, "event", "1", &wire.Events{
		Vintage: vintage(1, 1, base), KindDict: []string{"appeal", "ambulance_call"}, Kind: []uint32{0, 1}, Id: []string{"appeal-31415", "call-16180"}, Area: []uint32{okrug, okrug},
		OccurredAtMs: []int64{int64(at) * 86_400_000, int64(at) * 86_400_000}, ReportedAtMs: []int64{0, 0}, Withdrawn: []bool{false, false}, Row: []uint32{1, 2},
	})
	in := func(period string, seq uint64, area uint32, value float64, status auyl.Status) {
		m := cellOf(t, seq, indicator, area, 'Q', period, value, status)
		if status == auyl.StatusConfidential {
			m.ReasonDict = []string{"disclosure_primary"}
		}
		insert(t, owner, "indicator_value", period+string(rune('a'+seq))+auyl.AreaCode(area).String(), m)
	}
	c := func(seq uint64, area uint32, value float64, status auyl.Status) {
		in("2026-07-01", seq, area, value, status)
	}
	c(1, okrug, 31415, 'A')
	c(2, okrug, 0, 'C')
	c(1, sibling, 57721, 'A') // shown of then with the total of then it gives the okrug
	c(3, sibling, 57722, 'A')
	c(1, district, 16179, 'A')
	c(3, district, 16181, 'A')
	c(1, oblast, 14142, 'A')
	c(3, oblast, 14143, 'A')
	c(1, uint32(auyl.CountryCode), 17320, 'A')
	c(3, uint32(auyl.CountryCode), 17321, 'A')
	c(1, 110000000, 22360, 'A') // another oblast, in which nothing was ever suppressed
	c(3, 110000000, 22361, 'A')
	in("2026-04-01", 1, district, 26457, 'A') // nor in this period
	in("2026-04-01", 3, district, 26458, 'A')
	reader, err := clickhouse.OpenReader(t.Context(), e.ReaderDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	tables := strings.Fields(strings.ReplaceAll(raw(t, reader, "csv", "SELECT name FROM system.tables WHERE database = 'auyl' ORDER BY name"), `"`, ""))[1:]
	from := []string{
		"indicator_asof(t = '2026-07-01 13:30:00')", "indicator_asof(t = '2026-07-02 00:00:00')",
		"lineage(indicator = 'asp_recipients_share', area = '195259000', period = '2026-Q3')",
		"lineage(indicator = 'asp_recipients_share', area = '195200000', period = '2026-Q3')",
	}
	for _, name := range tables {
		if name != "lineage" && name != "indicator_asof" {
			from = append(from, "auyl."+name)
		}
	}
	seen, leaks := "", 0
	for _, name := range from {
		got := raw(t, reader, "csv", "SELECT * FROM "+name)
		seen += got
		for _, planted := range []string{"31415", "27182", "31.415", "57721", "16179", "14142", "17320"} {
			if strings.Contains(got, planted) {
				leaks++
				t.Errorf("a reader finds %s in %s", planted, name)
			}
		}
	}
	for _, shown := range []string{"57722", "16181", "14143", "17321", "22360", "22361", "26457", "26458"} {
		if !strings.Contains(seen, shown) {
			t.Errorf("a reader does not find %s", shown)
		}
	}
	if got := scalar(t, reader, "SELECT count() FROM guarded_vintage"); got != "0" {
		t.Errorf("a reader sees %s rows of which hidden cells changed when", got)
	}
	if got := scalar(t, owner, "SELECT count() FROM guarded_vintage"); got != "14" {
		t.Errorf("the owner sees %s vintages, want 14", got)
	}
	if len(tables) < 20 || !strings.Contains(seen, "call-16180") || !strings.Contains(seen, "16181") || !strings.Contains(seen, "disclosure_primary") {
		t.Errorf("the test looks at nothing: %d tables", len(tables))
	}
	if leaks == 0 && !strings.Contains(raw(t, owner, "csv", "SELECT * FROM indicator_value")+raw(t, owner, "csv", "SELECT * FROM observation"), "31415") {
		t.Error("nothing was planted")
	}
	p, err := auyl.ParsePeriod("2026-Q3")
	if err != nil {
		t.Fatal(err)
	}
	cells, err := reader.Cells(t.Context(), indicator, okrug, p, time.Time{})
	if err != nil || len(cells) != 1 || cells[0].Status != "C" {
		t.Errorf("Cells = %+v, %v", cells, err)
	}
	if got := scalar(t, reader, "SELECT count() FROM observation WHERE series = 'population_end'"); got != "1" {
		t.Errorf("%s figures of the population, want 1", got)
	}
}
