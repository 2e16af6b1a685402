package clickhouse_test

import (
	"strconv"
	"strings"
	"testing"
)

func TestEachThemeHasAWideViewOfItsIndicators(t *testing.T) {
	t.Parallel()
	db := open(t)
	h := loadReference(t, db)
	themes := map[string]int{}
	for i := range h.catalogue.Indicators {
		themes[h.catalogue.Indicators[i].Theme]++
	}
	const views = "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name LIKE 'wide_%'"
	if got := scalar(t, db, views); got != strconv.Itoa(len(themes)) || len(themes) < 15 {
		t.Errorf("%s views for %d themes", got, len(themes))
	}
	const own = 12 // columns of place and time
	for theme, n := range themes {
		said(t, db, "SELECT count(), countIf(comment = '') FROM system.columns WHERE database = currentDatabase() AND table = 'wide_"+theme+"'", strconv.Itoa(n+own)+"\t0")
	}
	// A month and a quarter of one theme, with a suppressed cell and an older vintage.
	suppressed := strings.NewReplacer("'A', 'synthetic'", "'C', 'synthetic'").Replace(cellRow("appeals_repeat_share", "195259000", "okrug", "Q", "2026-07-01", "NULL", "NULL", "NULL", "NULL"))
	old := strings.NewReplacer("'A', 'synthetic', 1, '2026-11-01 00:00:00', 1", "'A', 'synthetic', 1, '2026-10-01 00:00:00', 0").Replace(cellRow("appeals_repeat_share", "195259000", "okrug", "Q", "2026-07-01", "33", "3", "9", "1"))
	put(t, db, cellColumns, old, suppressed,
		cellRow("proposals_resolved_share", "195259000", "okrug", "Q", "2026-07-01", "0", "0", "4", "1"),
		cellRow("appeals_on_time_share", "195259000", "okrug", "M", "2026-09-01", "87.5", "7", "8", "1"),
		cellRow("population_total", "195259000", "okrug", "D", "2026-07-01", "5", "NULL", "NULL", "1"))
	said(t, db, "SELECT area, area_name_ru, area_name_kk, district, level, period, origin, appeals_on_time_share, appeals_repeat_share, proposals_resolved_share FROM wide_accountability ORDER BY freq",
		"195259000\tШамалганский с.о.\tШамалған а.о.\t195200000\tokrug\t2026-M09\tsynthetic\t87.5\t\\N\t\\N\n"+
			"195259000\tШамалганский с.о.\tШамалған а.о.\t195200000\tokrug\t2026-Q3\tsynthetic\t\\N\t\\N\t0")
	for _, sql := range []string{"SELECT * FROM wide_accountability WHERE area = '195259000' AND freq = 'M'"} {
		plan := raw(t, db, "csv", "EXPLAIN indexes = 1 "+sql)
		_, index, _ := strings.Cut(plan, "PrimaryKey")
		if used, _, _ := strings.Cut(index, "Condition"); !strings.Contains(used, "indicator") || !strings.Contains(used, "area") || !strings.Contains(used, "freq") {
			t.Errorf("%s does not reach the key:\n%s", sql, plan)
		}
	}

	// The catalogue changes: an indicator goes, and a theme.
	less := *h.catalogue
	less.Indicators = nil
	for i := range h.catalogue.Indicators {
		if d := h.catalogue.Indicators[i]; d.Theme != "kpi" && d.ID != "appeals_per_1000" {
			less.Indicators = append(less.Indicators, d)
		}
	}
	if err := db.LoadReference(t.Context(), h.areas, &less); err != nil {
		t.Fatal(err)
	}
	said(t, db, "SELECT count(), countIf(name = 'appeals_per_1000') FROM system.columns WHERE database = currentDatabase() AND table = 'wide_accountability'", strconv.Itoa(themes["accountability"]-1+own)+"\t0")
	said(t, db, views, strconv.Itoa(len(themes)-1))
	said(t, db, "SELECT appeals_on_time_share FROM wide_accountability WHERE freq = 'M'", "87.5")
}
