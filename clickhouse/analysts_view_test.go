package clickhouse_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
)

// TestViewsForAnalystsHoldByHand asks each view of 0014 about a few rows whose answer was computed by hand. One database
// holds them all: each part has indicators or sources of its own.
func TestViewsForAnalystsHoldByHand(t *testing.T) {
	t.Parallel()
	db := open(t)
	h := loadReference(t, db)
	o := okrugs(t, h, 24)
	t.Run("names", func(t *testing.T) {
		t.Parallel()
		namesOfAreas(t, db)
	})
	t.Run("peers", func(t *testing.T) {
		t.Parallel()
		peers(t, db, o)
	})
	t.Run("ranking", func(t *testing.T) {
		t.Parallel()
		ranks(t, db)
	})
	t.Run("outliers", func(t *testing.T) {
		t.Parallel()
		outliers(t, db, o)
	})
	t.Run("inventory", func(t *testing.T) {
		t.Parallel()
		inventory(t, db)
	})
	t.Run("feeds", func(t *testing.T) {
		t.Parallel()
		feeds(t, db)
	})
	t.Run("quality", func(t *testing.T) {
		t.Parallel()
		received(t, db)
	})
}

// okrugs gives codes of okrugs of today.
func okrugs(t *testing.T, h house, n int) []string {
	t.Helper()
	var out []string
	for _, a := range h.areas.All() {
		if a.Level == auyl.LevelOkrug && a.Valid(auyl.DayOf(time.Now())) {
			out = append(out, a.Code.String())
		}
	}
	if len(out) < n {
		t.Fatalf("the registry has %d okrugs, want %d", len(out), n)
	}
	slices.Sort(out)
	return out[:n]
}

// put writes rows of values after the columns.
func put(t *testing.T, db *clickhouse.DB, into string, rows ...string) {
	t.Helper()
	if err := db.Exec(t.Context(), "INSERT INTO "+into+" VALUES "+strings.Join(rows, ", ")); err != nil {
		t.Fatal(err)
	}
}

const cellColumns = "indicator_value (indicator, area, level, freq, period_start, value, numerator, denominator, coverage, status, origin, formula_version, recorded_at, raw_seq)"

// cellRow is a row of indicator_value; n and d are numbers or NULL.
//
//nolint:revive // a row of a table reads best on one line
func cellRow(indicator, area, level, freq, start, value, n, d, coverage string) string {
	return fmt.Sprintf("('%s', '%s', '%s', '%s', '%s', %s, %s, %s, %s, 'A', 'synthetic', 1, '2026-11-01 00:00:00', 1)", indicator, area, level, freq, start, value, n, d, coverage)
}

// said compares an answer, as TSV without its header.
func said(t *testing.T, db *clickhouse.DB, statement, want string) {
	t.Helper()
	_, got, _ := strings.Cut(raw(t, db, "tsv", statement), "\n")
	if diff := cmp.Diff(strings.TrimSpace(want), strings.TrimSpace(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", statement, diff)
	}
}

func namesOfAreas(t *testing.T, db *clickhouse.DB) {
	t.Helper()
	said(t, db, "SELECT areaName('195200000', 'kk'), areaName('195200000', 'ru'), areaName('195200000', 'en'), areaName('195200000', 'de')",
		"Қарасай ауданы\tКарасайский район\tQarasay district\tКарасайский район")
	said(t, db, "SELECT areaLevel('195259000'), areaDistrict('195259000'), areaParent('195259000'), areaParent('195200000'), areaDistrict('190000000'), areaName('199999999', 'kk')",
		"okrug\t195200000\t195200000\t190000000\t\t")
}

// peers has 5 foothill okrugs of 2000 to 5000 people, which are a group; 2 of the mountains and 1 without a norm, which are
// left over and share one; one of each side of each bound.
func peers(t *testing.T, db *clickhouse.DB, o []string) {
	t.Helper()
	people := []string{"2000", "2500", "3000", "3500", "4999", "2100", "2200", "2300", "1999", "5000", "14999", "15000", "1000"}
	norm := []string{"5.1", "6", "7", "7.5", "8", "5", "1", "", "8.1", "12", "12.1", "3", ""}
	var cells, norms []string
	for i := range people {
		cells = append(cells, cellRow("population_total", o[i], "okrug", "D", "2026-01-01", people[i], "NULL", "NULL", "1"))
		if norm[i] != "" {
			norms = append(norms, fmt.Sprintf("('pasture_norm_cattle', '%s', 'D', '2025-01-01', %s, 'A', 'synthetic', 9, 'land.cadastre', '2026-11-01 00:00:00', '2026-11-01 00:00:00', 1)", o[i], norm[i]))
		}
	}
	for area, n := range map[string]string{"195200000": "200000", "194000000": "199999", "195800000": "49999", "196600000": "50000"} {
		cells = append(cells, cellRow("population_total", area, "district", "D", "2026-01-01", n, "NULL", "NULL", "1"))
	}
	// What was before does not count, nor does an empty newest cell.
	cells = append(cells,
		cellRow("population_total", o[0], "okrug", "D", "2020-01-01", "9000", "NULL", "NULL", "1"),
		cellRow("population_total", o[0], "okrug", "D", "2026-07-01", "NULL", "NULL", "NULL", "1"))
	put(t, db, cellColumns, cells...)
	put(t, db, "observation (series, area, freq, period_start, value, status, origin, rank, source, recorded_at, released_at, raw_seq)", norms...)
	said(t, db, "SELECT natural_zone, size_class, peer_group, peers, origin FROM peer_group WHERE level = 'okrug' ORDER BY area", strings.Join([]string{
		"foothill\t2000_5000\tokrug 2000_5000 foothill\t5\tsynthetic",
		"foothill\t2000_5000\tokrug 2000_5000 foothill\t5\tsynthetic",
		"foothill\t2000_5000\tokrug 2000_5000 foothill\t5\tsynthetic",
		"foothill\t2000_5000\tokrug 2000_5000 foothill\t5\tsynthetic",
		"foothill\t2000_5000\tokrug 2000_5000 foothill\t5\tsynthetic",
		"mountain\t2000_5000\tokrug 2000_5000\t3\tsynthetic",
		"mountain\t2000_5000\tokrug 2000_5000\t3\tsynthetic",
		"\t2000_5000\tokrug 2000_5000\t3\tsynthetic",
		"semi_desert\tunder_2000\tokrug under_2000\t2\tsynthetic",
		"semi_desert\t5000_15000\tokrug 5000_15000\t2\tsynthetic",
		"desert\t5000_15000\tokrug 5000_15000\t2\tsynthetic",
		"mountain\tfrom_15000\tokrug from_15000\t1\tsynthetic",
		"\tunder_2000\tokrug under_2000\t2\tsynthetic",
	}, "\n"))
	said(t, db, "SELECT area, peer_group, peers FROM peer_group WHERE level = 'district' ORDER BY area",
		"194000000\tdistrict 50000_200000\t2\n195200000\tdistrict from_200000\t1\n195800000\tdistrict under_50000\t1\n196600000\tdistrict 50000_200000\t2")

	// Five peers with 10, 20, 20, 40, 80: the median is 20, a tenth lies at 10 + 0.4 × 10, nine tenths at 40 + 0.6 × 40. Of
	// those left over one has no value.
	values := []string{"10", "20", "20", "40", "80", "5", "NULL", "7"}
	cells = nil
	for i, v := range values {
		cells = append(cells,
			cellRow("budget_own_revenue_per_capita", o[i], "okrug", "M", "2026-09-01", v, "NULL", "NULL", "1"), // higher is better
			cellRow("ambulance_arrival_p90_min", o[i], "okrug", "M", "2026-09-01", v, "NULL", "NULL", "1"),     // lower is better
			cellRow("budget_expenditure_execution", o[i], "okrug", "M", "2026-09-01", v, "NULL", "NULL", "1"))  // has a target
	}
	put(t, db, cellColumns, cells...)
	const ask = "SELECT value, peers, round(peer_p10, 6), peer_median, round(peer_p90, 6), place, peer_group FROM peer_comparison WHERE indicator = '%s' AND level = 'okrug' ORDER BY area"
	for indicator, place := range map[string][]string{
		"budget_own_revenue_per_capita": {"5", "3", "3", "2", "1", "2", "1"},
		"ambulance_arrival_p90_min":     {"1", "2", "2", "4", "5", "1", "2"},
		"budget_expenditure_execution":  {"0", "0", "0", "0", "0", "0", "0"},
	} {
		var want []string
		for i, v := range []string{"10", "20", "20", "40", "80"} {
			want = append(want, v+"\t5\t14\t20\t64\t"+place[i]+"\tokrug 2000_5000 foothill")
		}
		want = append(want, "5\t2\t5.2\t6\t6.8\t"+place[5]+"\tokrug 2000_5000", "7\t2\t5.2\t6\t6.8\t"+place[6]+"\tokrug 2000_5000")
		said(t, db, fmt.Sprintf(ask, indicator), strings.Join(want, "\n"))
	}
}

func ranks(t *testing.T, db *clickhouse.DB) {
	t.Helper()
	d := []string{"194000000", "194200000", "195200000", "195800000"}
	district := func(indicator, freq, area, value, n, of, coverage string) string {
		return cellRow(indicator, area, "district", freq, "2026-07-01", value, n, of, coverage)
	}
	put(t, db, cellColumns,
		// Money has no chance in it: two tie, the third has doubt of half its people, the fourth is empty.
		district("budget_own_revenue_per_capita", "M", d[0], "6", "6", "1", "1"), district("budget_own_revenue_per_capita", "M", d[1], "6", "6", "1", "1"),
		district("budget_own_revenue_per_capita", "M", d[2], "4", "4", "1", "0.5"), district("budget_own_revenue_per_capita", "M", d[3], "3", "3", "1", "1"),
		// Shares of persons, of which fewer is better: 10 % of 1000 twice, 20 % of 1000 is beyond doubt more, 15 % of 100 may be either.
		district("asp_recipients_share", "Q", d[0], "10", "100", "1000", "1"), district("asp_recipients_share", "Q", d[1], "20", "200", "1000", "1"),
		district("asp_recipients_share", "Q", d[2], "10", "100", "1000", "1"), district("asp_recipients_share", "Q", d[3], "15", "15", "100", "1"),
		// A rate: 10 bites of 10 000 people, and none.
		district("dog_bites_per_10000", "Q", d[0], "10", "10", "10000", "1"), district("dog_bites_per_10000", "Q", d[1], "0", "0", "10000", "1"),
		// With a target there is no rank, and none of an oblast.
		district("budget_expenditure_execution", "M", d[0], "90", "9", "10", "1"),
		cellRow("asp_recipients_share", "190000000", "oblast", "Q", "2026-07-01", "11", "11", "100", "1"))
	said(t, db, "SELECT area, value, low, high, rank, best_rank, worst_rank, ranked FROM ranking WHERE indicator = 'budget_own_revenue_per_capita' AND level = 'district' ORDER BY rank, area",
		// 0.5 × 4 + 0.5 × 3 and 0.5 × 4 + 0.5 × 6: the third stays third.
		"194000000\t6\t6\t6\t1\t1\t2\t4\n194200000\t6\t6\t6\t1\t1\t2\t4\n195200000\t4\t3.5\t5\t3\t3\t3\t4\n195800000\t3\t3\t3\t4\t4\t4\t4")
	said(t, db, "SELECT area, round(low, 2), round(high, 2), rank, best_rank, worst_rank, ranked FROM ranking WHERE indicator = 'asp_recipients_share' ORDER BY rank, area",
		// Wilson at 95 %: 100 of 1000, 15 of 100, 200 of 1000.
		"194000000\t8.29\t12.02\t1\t1\t3\t4\n195200000\t8.29\t12.02\t1\t1\t3\t4\n195800000\t9.31\t23.28\t3\t1\t4\t4\n194200000\t17.64\t22.59\t4\t3\t4\t4")
	said(t, db, "SELECT area, round(low, 1), round(high, 1), rank, best_rank, worst_rank FROM ranking WHERE indicator = 'dog_bites_per_10000' ORDER BY rank",
		// Byar of ten is 4.8 to 18.4. Of none it is 0 to 3.7, since none may be luck.
		"194200000\t0\t3.7\t1\t1\t1\n194000000\t4.8\t18.4\t2\t2\t2")
	said(t, db, "SELECT count() FROM ranking WHERE indicator = 'budget_expenditure_execution' OR level = 'oblast'", "0")
}

func outliers(t *testing.T, db *clickhouse.DB, o []string) {
	t.Helper()
	var cells []string
	series := func(indicator, area string, values ...string) {
		for i, v := range values {
			cells = append(cells, cellRow(indicator, area, "okrug", "M", fmt.Sprintf("2026-%02d-01", i+1), v, "NULL", "NULL", "1"))
		}
	}
	// The level of each indicator has one okrug alone, so that there are no peers.
	series("retail_turnover_per_capita", o[0], "5", "5.1", "5100", "NULL", "5.1")                 // somebody wrote tenge for thousands
	series("sme_active_per_1000", o[0], "10", "11", "10", "12", "50", "51", "52", "50")           // a new level from May on
	series("registered_unemployed_per_1000", o[0], "10", "11", "10", "12", "11", "10", "12", "0") // quiet, and a zero at the end
	// Eight peers, of which one is far out, and seven, which are too few.
	for i, v := range []string{"10", "11", "12", "13", "14", "15", "16", "100"} {
		series("staff_vacancy_rate", o[i], v)
		if i > 0 {
			series("tax_arrears_share", o[i], v)
		}
	}
	put(t, db, cellColumns, cells...)
	said(t, db, "SELECT indicator, area = '"+o[0]+"', period, flag, value, expected, round(score, 2) FROM indicator_outlier WHERE indicator IN "+
		"('retail_turnover_per_capita', 'sme_active_per_1000', 'registered_unemployed_per_1000', 'staff_vacancy_rate', 'tax_arrears_share') ORDER BY indicator, period_start",
		// 5100 / 5.1 and back. 10.5 before, 50.5 after, median deviation 0.5: 40 / (1.4826 × 0.5). Median 13.5, median
		// deviation 2: 86.5 / (1.4826 × 2).
		"retail_turnover_per_capita\t1\t2026-M03\tunit_jump\t5100\t5.1\t1000\n"+
			"retail_turnover_per_capita\t1\t2026-M05\tunit_jump\t5.1\t5100\t0\n"+
			"sme_active_per_1000\t1\t2026-M05\tlevel_shift\t50\t10.5\t53.96\n"+
			"staff_vacancy_rate\t0\t2026-M01\tpeers\t100\t13.5\t29.17")
}

func inventory(t *testing.T, db *clickhouse.DB) {
	t.Helper()
	row := func(series, area, freq, start, source, recorded string) string {
		return fmt.Sprintf("('%s', '%s', '%s', '%s', 1, 'A', 'real', 1, '%s', '%s', '%s', 1)", series, area, freq, start, source, recorded, recorded)
	}
	put(t, db, "observation (series, area, freq, period_start, value, status, origin, rank, source, recorded_at, released_at, raw_seq)",
		row("births", "195200000", "Q", "2026-01-01", "test.figures", "2026-11-02 00:00:00"),
		row("births", "195200000", "A", "2024-01-01", "test.figures", "2026-11-03 00:00:00"),
		row("deaths", "195259000", "A", "2025-01-01", "test.figures", "2026-11-01 00:00:00"))
	event := func(area, at, id, recorded string) string {
		return fmt.Sprintf("('dog_bite', '%s', '%s', '%s', 'test.bites', '%s', 'synthetic', '%s', 1)", area, at, at, id, recorded)
	}
	put(t, db, "event (kind, area, occurred_at, reported_at, source, id, origin, recorded_at, raw_seq)",
		event("195259100", "2026-03-05 10:00:00", "a", "2026-11-02 00:00:00"), event("195259000", "2026-04-06 10:00:00", "b", "2026-11-04 00:00:00"))
	said(t, db, "SELECT source, provider, origin, series, areas, grain, freqs, first_day, last_day, rows, toDate(held_since), toDate(last_delivery) FROM source_inventory WHERE provider = 'test' ORDER BY source",
		"test.bites\ttest\tsynthetic\t0\t2\tsettlement\t[]\t2026-03-05\t2026-04-06\t2\t2026-11-02\t2026-11-04\n"+
			"test.figures\ttest\treal\t2\t2\tokrug\t['A','Q']\t2024-01-01\t2026-01-01\t3\t2026-11-01\t2026-11-03")
}

func feeds(t *testing.T, db *clickhouse.DB) {
	t.Helper()
	run := func(source, id, started, finished, status, problem string) string {
		return fmt.Sprintf("('%s', '%s', '2026-11-%s', '2026-11-%s', '%s', 1, 10, '%s', 'real')", source, id, started, finished, status, problem)
	}
	put(t, db, "ingest_run (source, run_id, started_at, finished_at, status, pages, bytes, error, origin)",
		run("test.good", "1", "01 00:00:00", "01 00:00:09", "failed", "503"), run("test.good", "2", "02 00:00:00", "02 00:00:01.5", "unchanged", ""),
		run("test.bad", "1", "01 00:00:00", "01 00:00:01", "ok", ""), run("test.bad", "2", "02 00:00:00", "02 00:00:01", "failed", "503"),
		run("test.bad", "3", "03 00:00:00", "03 00:00:04", "failed", "login page"),
		run("test.never", "1", "01 00:00:00", "01 00:00:01", "failed", "no route"), run("test.never", "2", "02 00:00:00", "02 00:00:01", "failed", "no route"))
	put(t, db, "flow (run_id, source, page, records_in, records_used, records_skipped, records_dead, observations, events, raw_seq, recorded_at, origin, contract_version)",
		"('1', 'test.bad', 1, 10, 7, 2, 1, 7, 0, 1, '2026-11-01 00:00:01', 'real', 1)")
	said(t, db, "SELECT source, runs, last_status, last_error, toString(last_asked), toString(last_answered), toString(last_news), answer_seconds, failed_in_a_row, pages, records_in, records_used, records_skipped, records_dead, balance "+
		"FROM feed_status WHERE source LIKE 'test.%' ORDER BY source",
		"test.bad\t3\tfailed\tlogin page\t2026-11-03 00:00:00.000\t2026-11-01 00:00:00.000\t2026-11-01 00:00:01.000\t4\t2\t1\t10\t7\t2\t1\t0\n"+
			`test.good`+"\t2\tunchanged\t\t2026-11-02 00:00:00.000\t2026-11-02 00:00:00.000\t"+`\N`+"\t1.5\t0\t0\t0\t0\t0\t0\t0\n"+
			`test.never`+"\t2\tfailed\tno route\t2026-11-02 00:00:00.000\t"+`\N`+"\t"+`\N`+"\t1\t2\t0\t0\t0\t0\t0\t0")
}

func received(t *testing.T, db *clickhouse.DB) {
	t.Helper()
	row := func(series, area, value string) string {
		return fmt.Sprintf("('%s', '%s', 'M', '2026-09-01', %s, 'A', 'synthetic', 9, 'platform.quality', '2026-11-01 00:00:00', '2026-11-01 00:00:00', 1)", series, area, value)
	}
	put(t, db, "observation (series, area, freq, period_start, value, status, origin, rank, source, recorded_at, released_at, raw_seq)",
		row("observations_expected", "195259000", "8"), row("observations_received", "195259000", "6"), row("observations_on_time", "195259000", "2"), row("observations_revised", "195259000", "1"),
		row("observations_expected", "195253000", "0"), row("observations_received", "195253000", "0"),
		row("observations_expected", "195200000", "99")) // a district: the view is of okrugs
	said(t, db, "SELECT area, district, period, expected, received, on_time, revised, completeness, timeliness FROM quality ORDER BY area",
		// Nothing was due of the first: nothing can be said, which is not 0.
		"195253000\t195200000\t2026-M09\t0\t0\t"+`\N`+"\t"+`\N`+"\t"+`\N`+"\t"+`\N`+"\n"+
			"195259000\t195200000\t2026-M09\t8\t6\t2\t1\t0.75\t0.25")
}
