package clickhouse_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/schemas/wire"
)

func TestInputsAreThoseOfTheCellsOwnTime(t *testing.T) {
	t.Parallel()
	db := open(t)
	const place = 195259100
	for seq := range uint64(3) {
		insert(t, db, "observation", fmt.Sprint(seq), report(t, seq+1,
			reported{"births", "", place, 'Q', "2026-01-01", int64(seq), 'A'}, reported{"births", "", place, 'M', "2026-01-01", 10 + int64(seq), 'A'}))
	}
	first, last := auyl.Day(day(t, "2026-01-01")), auyl.Day(day(t, "2026-03-31"))
	for _, tt := range []struct {
		freqs []auyl.Freq
		seq   uint64
		want  string
	}{
		{nil, 0, "M=12 Q=2 "},
		{[]auyl.Freq{auyl.FreqQuarter}, 0, "Q=2 "},
		{[]auyl.Freq{auyl.FreqQuarter, auyl.FreqMonth}, 2, "M=11 Q=1 "},
		{[]auyl.Freq{auyl.FreqYear}, 2, ""},
	} {
		in, err := db.Inputs(t.Context(), clickhouse.InputsQuery{Series: []auyl.SeriesID{"births"}, Area: 195200000, First: first, Last: last, Freqs: tt.freqs, RawSeq: tt.seq})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, x := range in {
			got += x.Period.Freq().String() + "=" + x.Value.String() + " "
		}
		if got != tt.want {
			t.Errorf("inputs of %v up to page %d = %s, want %s", tt.freqs, tt.seq, got, tt.want)
		}
	}
}

func TestSuppressedAreasAndDeliveries(t *testing.T) {
	t.Parallel()
	db := open(t)
	const d = "2026-07-01"
	insert(t, db, "indicator_value", "1", cellOf(t, 1, "population_total", 195200000, 'D', d, 0, 'C'), cellOf(t, 1, "population_total", 195259000, 'D', d, 0, 'C'),
		cellOf(t, 1, "population_total", 195300000, 'D', d, 0, 'C'), cellOf(t, 1, "population_total", 195259100, 'D', "2026-07-02", 0, 'C'), cellOf(t, 1, "births", 195259100, 'D', d, 0, 'C'))
	insert(t, db, "indicator_value", "2", cellOf(t, 2, "population_total", 195200000, 'D', d, 5, 'A'))
	p := auyl.NewPeriod(auyl.FreqDay, auyl.Day(day(t, d)))
	for seq, want := range map[uint64]map[auyl.AreaCode]bool{0: {195259000: true}, 1: {195200000: true, 195259000: true}} {
		got, err := db.Suppressed(t.Context(), "population_total", 195200000, p, seq)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("suppressed as of page %d (-want +got):\n%s", seq, diff)
		}
	}
	v := vintage(7, 1, base)
	insert(t, db, "flow", "7", &wire.Flow{Vintage: v, RecordsIn: 1, RecordsUsed: 1})
	at := time.UnixMilli(v.GetRecordedAtMs())
	got, ok, err := db.Delivery(t.Context(), 7, at)
	if want := (clickhouse.Delivery{Source: "bns.taldau", Run: "run-0", Page: 7, RawSHA256: fmt.Sprintf("%x", v.GetRawSha256())}); err != nil || !ok || got != want {
		t.Errorf("Delivery = %+v, %v, %v; want %+v", got, ok, err, want)
	}
	if _, ok, err := db.Delivery(t.Context(), 8, at); ok || err != nil {
		t.Errorf("Delivery of a page that is not there = %v, %v", ok, err)
	}
}

// TestExplainReadsByKey looks at the plans of what explain asks, and at how much of a long history is read.
func TestExplainReadsByKey(t *testing.T) {
	t.Parallel()
	db := open(t)
	const places = 20_000 // some granules of other areas and years
	for year := range 5 {
		m := report(t, uint64(year+1))
		m.SeriesDict, m.DimsDict = []string{"births"}, []string{""}
		c := cellOf(t, uint64(year+1), "population_total", 195200000, 'D', fmt.Sprintf("%d-07-01", 2022+year), 1, 'A')
		for i := range places {
			m.Series, m.Dims, m.Area, m.Freq = append(m.Series, 0), append(m.Dims, 0), append(m.Area, 110000000+uint32(i)*10), append(m.Freq, 'A')
			m.Start, m.Value = append(m.Start, day(t, fmt.Sprintf("%d-01-01", 2022+year))), append(m.Value, 1)
			m.Status, m.Row = append(m.Status, 'A'), append(m.Row, uint32(i+1))
		}
		insert(t, db, "observation", fmt.Sprint(year), m)
		insert(t, db, "indicator_value", fmt.Sprint(year), c)
		insert(t, db, "flow", fmt.Sprint(year), &wire.Flow{Vintage: vintage(uint64(year+1), 1, base), RecordsIn: 1, RecordsUsed: 1})
	}
	for _, tt := range []struct {
		file, table string
		params      map[string]string
		keys        []string
		one         bool // a single part of the five years is read
	}{
		{"cells", "indicator_value", map[string]string{"indicator": "population_total", "area": "195200000", "freq": "D", "start": "2024-07-01", "as_of": "2299-12-31 00:00:00"}, []string{"indicator", "freq", "area", "period_start"}, true},
		{"suppressed", "indicator_value", map[string]string{"indicator": "population_total", "area_from": "195200000", "area_to": "195299999", "freq": "D", "start": "2024-07-01", "raw_seq": "9"}, []string{"indicator", "freq", "area", "period_start"}, true},
		{"inputs", "observation", map[string]string{
			"series": "['births']", "dims": "", "area_from": "110000000", "area_to": "110001000", "first": "2024-01-01", "last": "2024-12-31", "freqs": "['A','Q']", "as_of": "2299-12-31 00:00:00", "raw_seq": "9",
		}, []string{"series", "freq", "area", "period_start"}, true},
		{"delivery", "flow", map[string]string{"raw_seq": "3", "recorded_at": "2026-07-01 15:00:00"}, []string{"raw_seq"}, false},
	} {
		b, err := os.ReadFile("sql/ask/" + tt.file + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		var set []string
		for name, v := range tt.params {
			b = []byte(strings.ReplaceAll(string(b), "{"+name+":String}", quoted(v)))
			b = []byte(strings.ReplaceAll(string(b), "{"+name+":UInt64}", v))
			b = []byte(strings.ReplaceAll(string(b), "{"+name+":Array(String)}", v))
			b = []byte(strings.ReplaceAll(string(b), "{"+name+":DateTime64(3, 'UTC')}", "toDateTime64("+quoted(v)+", 3, 'UTC')"))
			set = append(set, name)
		}
		plan := raw(t, db, "csv", "EXPLAIN indexes = 1\n"+string(b))
		keysUsed(t, plan, tt.table, tt.keys...)
		_, read, _ := strings.Cut(plan, "PrimaryKey")
		if tt.one && !strings.Contains(plan, "Parts: 1/5") {
			t.Errorf("%s (%v) reads more than the year of the cell:\n%s", tt.file, set, plan)
		}
		if tt.file == "inputs" && !strings.Contains(read, "Granules: 1/2") {
			t.Errorf("inputs read more than a granule of the year:\n%s", read)
		}
	}
}

func quoted(s string) string { return "'" + s + "'" }
