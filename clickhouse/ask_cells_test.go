package clickhouse_test

import (
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/export"
	"github.com/auyl-kz/auyl/schemas"
)

// TestPackageSaysWhatTheViewSays writes a package as of a time and reads it back: it equals indicator_asof, and knows nothing
// of what came later.
func TestPackageSaysWhatTheViewSays(t *testing.T) {
	t.Parallel()
	db := open(t)
	loadReference(t, db)
	d := day(t, "2023-01-01")
	insert(t, db, "indicator_value", "a",
		cell(vintage(1, 1, base), 195200000, auyl.LevelDistrict, 'D', d, 100.25, 0b1011, 'A'),
		cell(vintage(1, 1, base), 190000000, auyl.LevelOblast, 'D', d, 0, 0, 'C'),
		cell(vintage(1, 1, base), 191000000, auyl.LevelDistrict, 'Q', day(t, "2022-04-01"), -6, 0b1011, 'E'))
	insert(t, db, "indicator_value", "b", cell(vintage(2, 1, base), 195200000, auyl.LevelDistrict, 'D', d, 110, 0b1011, 'A'))
	house, err := schemas.Load(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	newest, err := db.Vintage(t.Context(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	before, err := db.Vintage(t.Context(), newest.Add(-time.Millisecond))
	if err != nil || before.IsZero() || !before.Before(newest) {
		t.Fatalf("vintages %v and %v, %v: want two", before, newest, err)
	}
	if v, err := db.Vintage(t.Context(), before.Add(-time.Hour*24*365)); err != nil || !v.IsZero() {
		t.Errorf("vintage before the first = %v, %v, want none", v, err)
	}
	for _, at := range []time.Time{before, newest} {
		dir := filepath.Join(t.TempDir(), "open")
		o := export.Options{Dir: dir, Vintage: at, Indicators: []*schemas.Indicator{house.Catalogue.Indicator("population_total")}}
		_, err := export.Write(t.Context(), house, o, func(ctx context.Context, id auyl.IndicatorID, each func(*export.Cell) error) error {
			q := clickhouse.IndicatorCellsQuery{Indicator: id, First: day2(t, "2000-01-01"), Last: day2(t, "2030-01-01"), AsOf: at}
			return db.IndicatorCells(ctx, q, func(c *clickhouse.IndicatorCell) error {
				x := export.Cell(*c)
				return each(&x)
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, "data", "population_total.csv"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		answer := asked(t, db, clickhouse.Question{Format: "csv", AsOf: at, Statement: `SELECT area, area_name_kk, area_name_ru, a.name_en AS area_name_en,
			level, freq, period, period_start, period_end, ifNull(toString(value), '') AS value, ifNull(toString(numerator), '') AS numerator,
			ifNull(toString(denominator), '') AS denominator, ifNull(toString(coverage), '') AS coverage, status, reason, origin, formula_version,
			boundary_version, concat(formatDateTime(recorded_at, '%Y-%m-%dT%H:%i:%S'), '.', leftPad(toString(toUnixTimestamp64Milli(recorded_at) % 1000), 3, '0'), 'Z') AS recorded_at
			FROM indicator_current AS c INNER JOIN (SELECT code, argMax(name_en, valid_from) AS name_en FROM area GROUP BY code) AS a ON a.code = c.area
			ORDER BY area, freq, c.period_start`})
		want, err := csv.NewReader(strings.NewReader(strings.ReplaceAll(answer, `"'`, `"`))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for i := range got { // the name of the place in English is that of the day, which the view does not give
			got[i][3], want[i][3] = "", ""
		}
		if diff := cmp.Diff(want, got); diff != "" || len(got) != 4 {
			t.Errorf("as of %v: -view +package:\n%s", at, diff)
		}
	}
}

func day2(t *testing.T, s string) auyl.Day {
	t.Helper()
	d, err := auyl.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestNamesAreListedInALanguage(t *testing.T) {
	t.Parallel()
	db := open(t)
	loadReference(t, db)
	for lang, want := range map[string]string{"ru": "Численность населения на конец периода", "kk": "Кезең соңындағы халық саны"} {
		q := clickhouse.IndicatorNames(lang, "population_total")
		q.Format = "tsv"
		if got := asked(t, db, q); !strings.Contains(got, want) {
			t.Errorf("indicators in %s:\n%s", lang, got)
		}
		q = clickhouse.AreaNames(lang, "195200000")
		q.Format = "tsv"
		if got := asked(t, db, q); strings.Count(got, "\n") != 2 {
			t.Errorf("areas in %s:\n%s", lang, got)
		}
	}
}
