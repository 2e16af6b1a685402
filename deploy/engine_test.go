package deploy_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/clickhouse/embedded"
)

// rows is a district with a published and a synthetic figure, a pull that worked
// and one that did not, a balanced page and a dead letter.
func rows() []string {
	return []string{
		`INSERT INTO auyl.area (code, parent, level, kind, name_kk, name_ru, name_en, valid_from, valid_to, rural, district, oblast) VALUES
			('195200000', '190000000', 'district', 'district', 'Іле ауданы', 'Илийский район', 'Ile', '1999-01-01', '2299-12-31', false, '195200000', '190000000')`,
		`INSERT INTO auyl.indicator (indicator, theme, name_ru, name_kk, name_en, unit, direction, freq, level, rollup, version) VALUES
			('population_total', 'population', 'Население', 'Халық', 'Population', 'person', 'higher', 'D', 'settlement', 'sum', 1)`,
		`INSERT INTO auyl.indicator_value (indicator, area, level, freq, period_start, value, status, origin, raw_seq) VALUES
			('population_total', '195200000', 'district', 'D', '2023-01-01', 225034, 'A', 'real', 1),
			('population_total', '195200000', 'district', 'D', '2026-07-01', 260000, 'E', 'synthetic', 2)`,
		`INSERT INTO auyl.ingest_run (source, run_id, started_at, finished_at, status, pages, bytes, error, origin) VALUES
			('bns.population', 'r1', '2026-11-01 00:00:00', '2026-11-01 00:00:01', 'ok', 1, 100, '', 'real'),
			('bns.population', 'r2', '2026-11-01 01:00:00', '2026-11-01 01:00:01', 'failed', 0, 0, 'connection refused', 'real')`,
		`INSERT INTO auyl.flow (run_id, source, page, records_in, records_used, records_skipped, records_dead, observations, raw_seq, recorded_at, origin) VALUES
			('r1', 'bns.population', 1, 10, 7, 2, 1, 7, 1, '2026-11-01 00:00:01', 'real')`,
		`INSERT INTO auyl.dead_letter (source, run_id, page, row, field, reason, raw_seq, recorded_at, origin) VALUES
			('bns.population', 'r1', 1, 4, 'value', 'not_a_number', 1, '2026-11-01 00:00:01', 'real')`,
		`SYSTEM RELOAD DICTIONARY auyl.area_name`,
		`SYSTEM RELOAD DICTIONARY auyl.indicator_name`,
	}
}

// TestDashboardRunsOnTheEngine sends each statement of the dashboard, with its
// variables filled in as Grafana does it, to the real engine as the reader.
func TestDashboardRunsOnTheEngine(t *testing.T) {
	t.Parallel()
	e, err := embedded.Start(t.Context(), embedded.Options{Dir: t.TempDir()})
	if errors.Is(err, embedded.ErrNoEngine) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	owner := opened(t)(clickhouse.Open(t.Context(), e.DSN(), clickhouse.Options{}))
	if err := owner.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, s := range rows() {
		if err := owner.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	reader := opened(t)(clickhouse.OpenReader(t.Context(), e.ReaderDSN()))

	d := oblast(t)
	fill := strings.NewReplacer(
		"${indicator:singlequote}", "'population_total'", "${level:singlequote}", "'district'",
		"${__from:date:YYYY-MM-DD}", "2021-11-01", "${__to:date:YYYY-MM-DD}", "2026-11-01")
	left := regexp.MustCompile(`\$[_{a-z]`)
	want := map[string]string{ // a cell that must be there
		"variable indicator": "population_total",
		"1":                  "1", "2": "0", "3": "1", "4": "synthetic", "5": "Илийский район (synthetic)",
		"6": "not_a_number", "7": "connection refused", "8": "bns.population",
	}
	for _, q := range d.queries() {
		sql := fill.Replace(q.sql)
		if left.MatchString(sql) {
			t.Errorf("%s: not filled in: %s", q.where, left.FindString(sql))
		}
		var out bytes.Buffer
		if err := reader.Raw(t.Context(), sql, "csv", &out); err != nil {
			t.Errorf("%s: %v\n%s", q.where, err, sql)
			continue
		}
		table, err := csv.NewReader(&out).ReadAll()
		if err != nil {
			t.Errorf("%s: %v", q.where, err)
			continue
		}
		key := q.where
		if f := strings.Fields(q.where); f[0] == "panel" {
			key = f[1]
		}
		if !has(table, want[key]) {
			t.Errorf("%s: no cell %q in %q", q.where, want[key], table)
		}
	}
}

// has reports whether a cell below the header is as wanted.
func has(table [][]string, cell string) bool {
	if len(table) < 2 || cell == "" {
		return false
	}
	return slices.ContainsFunc(table[1:], func(row []string) bool { return slices.Contains(row, cell) })
}

// opened closes a database when the test ends.
func opened(t *testing.T) func(*clickhouse.DB, error) *clickhouse.DB {
	t.Helper()
	return func(db *clickhouse.DB, err error) *clickhouse.DB {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
}
