package clickhouse_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// revised is a cell of one district and day that a page changed.
type revised struct {
	value     float64
	has       byte
	coverage  float64
	status    auyl.Status
	formula   uint32
	boundary  string
	wantClass string // of the change from the one before; empty for none
}

// revisions writes vintages of one cell, each behind a page of its own.
func revisions(t *testing.T, db *clickhouse.DB, area uint32, vs []revised) {
	t.Helper()
	for i, r := range vs {
		v := vintage(uint64(i+1), 1, base)
		c := cell(v, area, auyl.LevelDistrict, 'D', day(t, "2023-01-01"), r.value, r.has<<3|r.has<<1|r.has, r.status)
		c.HasValue, c.Coverage, c.FormulaVersion, c.BoundaryDict = []byte{r.has | 0b1010}, []float64{r.coverage}, []uint32{r.formula}, []string{r.boundary}
		insert(t, db, "indicator_value", string(rune('a'+i)), c)
		insert(t, db, "flow", string(rune('a'+i)), &wire.Flow{Vintage: v, RecordsIn: 1, RecordsUsed: 1})
	}
}

func TestRevisionSaysWhatChangedByHowMuchAndWhy(t *testing.T) {
	t.Parallel()
	db := open(t)
	vs := []revised{
		{100, 1, 0.75, 'A', 1, "KATO-2018", ""},
		{110, 1, 0.75, 'A', 1, "KATO-2018", "correction"},
		{110, 1, 0.75, 'A', 1, "KATO-2018", ""}, // its numerator changed: no revision of the figure
		{120, 1, 0.80, 'E', 1, "KATO-2018", "late_report"},
		{119_900, 1, 0.80, 'E', 1, "KATO-2018", "unit_jump"},
		{120, 1, 0.80, 'E', 1, "KATO-2018", "unit_jump"},
		{0, 0, 0.80, 'M', 1, "KATO-2018", "withdrawal"},
		{90, 1, 0.80, 'A', 1, "KATO-2018", "late_report"},
		{80, 1, 0.90, 'A', 2, "KATO-2018", "methodology"},
		{80, 1, 0.90, 'A', 2, "KATO-2022", "boundary"},
		{-40, 1, 0.90, 'A', 2, "KATO-2022", "correction"},
		{0, 0, 0.90, 'C', 2, "KATO-2022", "withdrawal"},
	}
	revisions(t, db, 195200000, vs)
	const columns = "class, old_value, new_value, difference, round(percent, 2), old_status, new_status, old_coverage, new_coverage, old_formula_version, new_formula_version, new_boundary_version"
	_, got, _ := strings.Cut(raw(t, db, "csv", "SELECT "+columns+" FROM revision WHERE indicator = 'population_total' ORDER BY new_recorded_at"), "\n")
	want := `"correction",100,110,10,10,"A","A",0.75,0.75,1,1,"KATO-2018"
"late_report",110,120,10,9.09,"A","E",0.75,0.8,1,1,"KATO-2018"
"unit_jump",120,119900,119780,99816.67,"E","E",0.8,0.8,1,1,"KATO-2018"
"unit_jump",119900,120,-119780,-99.9,"E","E",0.8,0.8,1,1,"KATO-2018"
"withdrawal",120,\N,\N,\N,"E","M",0.8,0.8,1,1,"KATO-2018"
"late_report",\N,90,\N,\N,"M","A",0.8,0.8,1,1,"KATO-2018"
"methodology",90,80,-10,-11.11,"A","A",0.8,0.9,1,2,"KATO-2018"
"boundary",80,80,0,0,"A","A",0.9,0.9,2,2,"KATO-2022"
"correction",80,-40,-120,-150,"A","A",0.9,0.9,2,2,"KATO-2022"
"withdrawal",\N,\N,\N,\N,"A","C",0.9,0.9,2,2,"KATO-2022"
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("revision (-want +got):\n%s", diff)
	}
	got = scalar(t, db, `SELECT concat(old_source, ' ', old_run_id, ' ', toString(old_page), ' ', toString(old_recorded_at), ' ', new_run_id, ' ', toString(new_page), ' ', toString(new_recorded_at),
		' ', toString(old_raw_sha256 = lower(hex(SHA256('6')))), toString(new_raw_sha256 = lower(hex(SHA256('7')))))
		FROM revision WHERE class = 'withdrawal' AND new_status = 'M'`)
	if want := "bns.taldau run-0 6 2026-07-01 18:00:00.000 run-0 7 2026-07-01 19:00:00.000 11"; got != want {
		t.Errorf("deliveries = %s, want %s", got, want)
	}
}

// TestAReportOfAPastDatePrintsAgain asks for each hour what was known then, versions and all.
func TestAReportOfAPastDatePrintsAgain(t *testing.T) {
	t.Parallel()
	db := open(t)
	vs := []revised{
		{100.123456789, 1, 0.75, 'A', 1, "KATO-2018", ""}, {0, 0, 0, 'M', 1, "KATO-2018", ""}, {90, 1, 0.5, 'E', 2, "KATO-2018", ""}, {91, 1, 1, 'A', 2, "KATO-2022", ""},
	}
	revisions(t, db, 195200000, vs)
	revisions(t, db, 195300000, vs[:1])
	ask := func(view string) string {
		_, got, _ := strings.Cut(raw(t, db, "csv", "SELECT value, coverage, status, formula_version, boundary_version, recorded_at FROM "+view+" WHERE area = '195200000'"), "\n")
		return strings.TrimSpace(got)
	}
	for at, want := range map[string]string{
		"2026-07-01 12:59:59.999": "",
		"2026-07-01 13:00:00":     `100.123456789,0.75,"A",1,"KATO-2018","2026-07-01 13:00:00.000"`,
		"2026-07-01T13:59:59Z":    `100.123456789,0.75,"A",1,"KATO-2018","2026-07-01 13:00:00.000"`,
		"2026-07-01 14:00:00":     `\N,0,"M",1,"KATO-2018","2026-07-01 14:00:00.000"`,
		"2026-07-01 15:30:00":     `90,0.5,"E",2,"KATO-2018","2026-07-01 15:00:00.000"`,
		"2026-07-02":              `91,1,"A",2,"KATO-2022","2026-07-01 16:00:00.000"`,
	} {
		if got := ask("indicator_asof(t='" + at + "')"); got != want {
			t.Errorf("as of %s: %s, want %s", at, got, want)
		}
	}
	if now, then := ask("indicator_current"), ask("indicator_asof(t='2299-12-31')"); now != then {
		t.Errorf("now %s, as of the end of time %s", now, then)
	}
}

// reported is an observation of one day of one area.
type reported struct {
	series string
	dims   string
	area   uint32
	freq   auyl.Freq
	start  string
	value  int64
	status auyl.Status
}

func report(t *testing.T, seq uint64, rs ...reported) *wire.Observations {
	t.Helper()
	m := &wire.Observations{Vintage: vintage(seq, 1, base)}
	for i, r := range rs {
		m.SeriesDict, m.DimsDict = append(m.SeriesDict, r.series), append(m.DimsDict, r.dims)
		m.Series, m.Dims = append(m.Series, uint32(i)), append(m.Dims, uint32(i))
		m.Area, m.Freq, m.Start = append(m.Area, r.area), append(m.Freq, byte(r.freq)), append(m.Start, day(t, r.start))
		m.Value, m.Status, m.Row = append(m.Value, r.value*10_000), append(m.Status, byte(r.status)), append(m.Row, uint32(i+1))
	}
	return m
}

// cellOf is a cell of the tests.
//
//nolint:revive // a row of a table reads best on one line
func cellOf(t *testing.T, seq uint64, indicator string, area uint32, freq auyl.Freq, start string, value float64, status auyl.Status) *wire.Cells {
	t.Helper()
	has := byte(0b1111)
	if status.Empty() {
		has = 0
	}
	c := cell(vintage(seq, 1, base), area, auyl.LevelDistrict, freq, day(t, start), value, has, status)
	c.IndicatorDict = []string{indicator}
	if status == auyl.StatusConfidential {
		c.ReasonDict = []string{"confidential"}
	}
	return c
}

func TestLineageLeadsFromACellToItsBytes(t *testing.T) {
	t.Parallel()
	db := open(t)
	loadReference(t, db)
	const district, okrug, place, other = 195200000, 195259000, 195259100, 195300000
	// By settlement, as an old stock, a newer one and one of after the period; an older vintage and one that came too late.
	insert(t, db, "observation", "1", report(t, 1,
		reported{"population_end", "", place, 'D', "2026-06-01", 100, 'A'}, reported{"population_end", "", place, 'D', "2026-07-01", 110, 'A'},
		reported{"population_end", "", place, 'D', "2026-07-02", 999, 'A'}, reported{"population_end", "", okrug, 'D', "2026-07-01", 0, 'C'},
		reported{"population_end", "sex=female", place, 'D', "2026-07-01", 998, 'A'}, reported{"population_end", "", other, 'D', "2026-07-01", 997, 'A'}))
	insert(t, db, "observation", "2", report(t, 2, reported{"population_end", "", place, 'D', "2026-07-01", 120, 'A'}))
	insert(t, db, "observation", "3", report(t, 3, reported{"population_end", "", place, 'D', "2026-07-01", 130, 'A'}))
	insert(t, db, "indicator_value", "1", cellOf(t, 1, "population_total", district, 'D', "2026-07-01", 110, 'A'))
	insert(t, db, "indicator_value", "2", cellOf(t, 2, "population_total", district, 'D', "2026-07-01", 120, 'A'))
	ask := func(indicator string, area int, period string) string {
		_, got, _ := strings.Cut(raw(t, db, "csv", fmt.Sprintf(`SELECT value, status, reason, series, dims, input_area, input_period, input_value, input_status, toString(input_recorded_at), source, run_id, page, row, records,
			raw_sha256 = lower(hex(SHA256(toString(page)))) FROM lineage(indicator = '%s', area = '%d', period = '%s') ORDER BY series, input_area, input_period, page`, indicator, area, period)), "\n")
		return strings.TrimSpace(got)
	}
	for name, tt := range map[string]struct{ got, want string }{
		"stocks of the day, as known when the cell was computed": {
			ask("population_total", district, "2026-07-01"),
			`120,"A","","population_end","","195259000","2026-07-01",\N,"C","2026-07-01 13:00:00.000","bns.taldau","run-0",1,4,1,1
120,"A","","population_end","","195259100","2026-07-01",120,"A","2026-07-01 14:00:00.000","bns.taldau","run-0",2,1,1,1`,
		},
		"no cell":       {ask("population_total", district, "2026-07-03"), ""},
		"no such area":  {ask("population_total", other, "2026-07-01"), ""},
		"another month": {ask("population_total", district, "2026-M07"), ""},
	} {
		if tt.got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, tt.got, tt.want)
		}
	}
	// The district's own figure outranks those below.
	insert(t, db, "observation", "4", report(t, 4, reported{"population_end", "", district, 'D', "2026-07-01", 125, 'A'}))
	insert(t, db, "indicator_value", "4", cellOf(t, 4, "population_total", district, 'D', "2026-07-01", 125, 'A'))
	if got := ask("population_total", district, "2026-07-01"); !strings.HasPrefix(got, `125,"A","","population_end","","195200000","2026-07-01",125,"A"`) || strings.Contains(got, "\n") {
		t.Errorf("own figure: %s", got)
	}
	// An area that is suppressed below shows no figure.
	insert(t, db, "indicator_value", "5", cellOf(t, 5, "population_total", place, 'D', "2026-07-01", 0, 'C'), cellOf(t, 5, "population_total", okrug, 'D', "2026-07-01", 130, 'A'))
	if got := ask("population_total", okrug, "2026-07-01"); !strings.Contains(got, `"195259100","2026-07-01",\N,"C"`) || strings.Contains(got, ",130,\"A\",\"2026") {
		t.Errorf("a settlement that is suppressed: %s", got)
	}
	// A suppressed cell shows neither itself nor its inputs.
	insert(t, db, "indicator_value", "6", cellOf(t, 6, "population_total", district, 'D', "2026-07-01", 0, 'C'))
	if got, want := ask("population_total", district, "2026-07-01"), `\N,"C","confidential","","","","",\N,"","1970-01-01 00:00:00.000","","",0,0,0,0`; got != want {
		t.Errorf("suppressed: %s, want %s", got, want)
	}
}

func TestLineageOfEventsLeadsToTheirPages(t *testing.T) {
	t.Parallel()
	db := open(t)
	loadReference(t, db)
	at := time.Date(2026, 7, 31, 20, 0, 0, 0, time.UTC) // August has begun in Almaty
	event := func(seq uint64, area uint32, ids ...string) *wire.Events {
		e := &wire.Events{Vintage: vintage(seq, 1, base), KindDict: []string{"ambulance_call"}}
		for i, id := range ids {
			e.Kind, e.Id, e.Area = append(e.Kind, 0), append(e.Id, id), append(e.Area, area)
			e.OccurredAtMs, e.ReportedAtMs = append(e.OccurredAtMs, at.UnixMilli()), append(e.ReportedAtMs, at.UnixMilli())
			e.Withdrawn, e.Row = append(e.Withdrawn, false), append(e.Row, uint32(i+1))
		}
		return e
	}
	insert(t, db, "event", "1", event(1, 195259100, "a", "b", "c"))
	insert(t, db, "event", "2", event(2, 195300000, "b"))
	insert(t, db, "event", "4", event(4, 195259100, "too late"))
	insert(t, db, "indicator_value", "3", cellOf(t, 3, "ambulance_on_time_share", 195200000, 'M', "2026-08-01", 50, 'A'))
	_, got, _ := strings.Cut(raw(t, db, "csv", `SELECT value, series, input_area, input_period, input_value, source, page, row, records, raw_sha256 = lower(hex(SHA256(toString(page))))
		FROM lineage(indicator = 'ambulance_on_time_share', area = '195200000', period = '2026-M08') ORDER BY page`), "\n")
	if want := "50,\"calls_cat13_on_time, calls_cat13_total\",\"195200000\",\"2026-M08\",\\N,\"bns.taldau\",1,1,2,1\n"; got != want {
		t.Errorf("lineage of events:\n%s\nwant\n%s", got, want)
	}
}

// TestAskedPeriodsAreReadAsTheyAreWritten holds the text of a period in SQL against the one in Go.
func TestAskedPeriodsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	db := open(t)
	loadReference(t, db)
	for i, text := range []string{"2026", "2026-S1", "2026-S2", "2026-Q1", "2026-Q4", "2026-M01", "2026-M12", "2026-W01", "2026-W53", "2020-W53", "2024-02-29", "1999-12-31"} {
		p, err := auyl.ParsePeriod(text)
		if err != nil {
			t.Fatal(err)
		}
		insert(t, db, "indicator_value", text, cellOf(t, uint64(i+1), "population_total", 195200000, p.Freq(), p.Start().String(), float64(i+1), 'A'))
		if got := scalar(t, db, "SELECT value FROM lineage(indicator = 'population_total', area = '195200000', period = '"+text+"')"); got != fmt.Sprint(i+1) {
			t.Errorf("lineage of %s is of the cell %s, want %d", text, got, i+1)
		}
	}
}

// TestLineageReadsByKey looks at the plan: what a cell stands on must not be searched for in all history.
func TestLineageReadsByKey(t *testing.T) {
	t.Parallel()
	db := open(t)
	loadReference(t, db)
	insert(t, db, "indicator_value", "1", cellOf(t, 1, "population_total", 195200000, 'D', "2026-07-01", 110, 'A'))
	insert(t, db, "observation", "1", report(t, 1, reported{"population_end", "", 195259100, 'D', "2026-07-01", 100, 'A'}))
	plan := raw(t, db, "csv", "EXPLAIN indexes = 1 SELECT * FROM lineage(indicator = 'population_total', area = '195200000', period = '2026-07-01')")
	keysUsed(t, plan, "indicator_value", "indicator", "freq", "area", "period_start")
	keysUsed(t, plan, "observation", "series", "area", "period_start")
	keysUsed(t, raw(t, db, "csv", "EXPLAIN indexes = 1 SELECT * FROM revision WHERE indicator = 'population_total' AND area = '195200000'"), "indicator_value", "indicator", "area")
}

// keysUsed finds the reading of a table in a plan and the columns of its primary key that are used.
func keysUsed(t *testing.T, plan, table string, keys ...string) {
	t.Helper()
	_, of, ok := strings.Cut(plan, "."+table+")")
	_, of, ok2 := strings.Cut(of, "PrimaryKey")
	used, _, ok3 := strings.Cut(of, "Condition")
	for _, k := range keys {
		if !ok || !ok2 || !ok3 || !strings.Contains(used, k) {
			t.Errorf("%s is not read by %s:\n%s", table, k, plan)
		}
	}
}
