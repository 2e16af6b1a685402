package clickhouse_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

type house struct {
	areas     *schemas.Areas
	catalogue *schemas.Catalogue
}

// loadReference loads the registry and the catalogue that the program ships.
func loadReference(tb testing.TB, db *clickhouse.DB) house {
	tb.Helper()
	a, err := schemas.LoadAreas(schemas.FS)
	if err != nil {
		tb.Fatal(err)
	}
	c, err := schemas.LoadCatalogue(schemas.FS)
	if err != nil {
		tb.Fatal(err)
	}
	if err := db.LoadReference(tb.Context(), a, c); err != nil {
		tb.Fatal(err)
	}
	return house{a, c}
}

//nolint:revive // a row of a table reads best on one line
func cell(v *wire.Vintage, area uint32, level auyl.Level, freq auyl.Freq, start int32, value float64, has byte, status auyl.Status) *wire.Cells {
	reason := ""
	if status.Empty() {
		reason = "no_data"
	}
	return &wire.Cells{
		Vintage: v, IndicatorDict: []string{"population_total"}, ReasonDict: []string{reason}, BoundaryDict: []string{"KATO-2024"},
		Indicator: []uint32{0}, Area: []uint32{area}, Level: []byte{byte(level)}, Freq: []byte{byte(freq)}, Start: []int32{start},
		Value: []float64{value}, HasValue: []byte{has}, Numerator: []int64{int64(value * 10000)}, Denominator: []int64{5}, Coverage: []float64{0.75},
		Status: []byte{byte(status)}, Reason: []uint32{0}, Origin: []byte{2}, FormulaVersion: []uint32{3}, Boundary: []uint32{0},
	}
}

func TestIndicatorViewsGiveTheNewestVintageWithNames(t *testing.T) {
	t.Parallel()
	db := open(t)
	for range 2 { // twice is once
		h := loadReference(t, db)
		for table, want := range map[string]int{"area": len(h.areas.All()), "area_succession": len(h.areas.Successions()), "series": len(h.catalogue.Series), "indicator": len(h.catalogue.Indicators)} {
			if got := scalar(t, db, "SELECT count() FROM "+table); got != strconv.Itoa(want) {
				t.Errorf("%s has %s rows, want %d", table, got, want)
			}
		}
	}
	d22, d23 := day(t, "2022-01-01"), day(t, "2023-01-01")
	v1, v2, v3 := vintage(1, 1, base), vintage(2, 1, base), vintage(3, 1, base)
	insert(t, db, "indicator_value", "a",
		cell(v1, 195200000, auyl.LevelDistrict, 'D', d22, 90, 0b1011, 'A'), cell(v1, 195200000, auyl.LevelDistrict, 'D', d23, 100, 0b1011, 'A'),
		cell(v1, 191000000, auyl.LevelDistrict, 'D', d22, 5, 0b1011, 'A'), cell(v1, 191000000, auyl.LevelDistrict, 'Q', day(t, "2022-04-01"), 6, 0b1011, 'A'),
		cell(v1, 195259000, auyl.LevelOkrug, 'S', day(t, "2026-07-01"), 7, 0b1011, 'A'), cell(v1, 190000000, auyl.LevelOblast, 'M', day(t, "2026-09-01"), 8, 0b1011, 'E'))
	insert(t, db, "indicator_value", "b", cell(v2, 195200000, auyl.LevelDistrict, 'D', d23, 110, 0b1011, 'A'))
	insert(t, db, "indicator_value", "c", cell(v3, 195200000, auyl.LevelDistrict, 'D', d23, 0, 0, 'M'))
	const columns = "area, area_name_ru, district, district_name_ru, oblast, level, freq, period, period_end, is_latest, value, numerator, denominator, coverage, status, reason, origin"
	got := raw(t, db, "csv", "SELECT "+columns+" FROM indicator_current ORDER BY area, freq, period_start")
	want := strings.Join(strings.Split(columns, ", "), `","`)
	want = `"` + want + `"` + `
"190000000","Алматинская область","","","190000000","oblast","M","2026-M09","2026-09-30",1,8,8,\N,0.75,"E","","synthetic"
"191000000","Талдыкорган Г.А.","191000000","Талдыкорган Г.А.","190000000","district","D","2022-01-01","2022-01-01",1,5,5,\N,0.75,"A","","synthetic"
"191000000","Қонаев Г.А.","191000000","Қонаев Г.А.","190000000","district","Q","2022-Q2","2022-06-30",1,6,6,\N,0.75,"A","","synthetic"
"195200000","Карасайский район","195200000","Карасайский район","190000000","district","D","2022-01-01","2022-01-01",0,90,90,\N,0.75,"A","","synthetic"
"195200000","Карасайский район","195200000","Карасайский район","190000000","district","D","2023-01-01","2023-01-01",1,\N,\N,\N,\N,"M","no_data","synthetic"
"195259000","Шамалганский с.о.","195200000","Карасайский район","190000000","okrug","S","2026-S2","2026-12-31",1,7,7,\N,0.75,"A","","synthetic"
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("indicator_current (-want +got):\n%s", diff)
	}
	for at, want := range map[string]string{"2026-07-01 13:30:00": "100", "2026-07-01 14:00:00": "110", "2026-07-02": `\N`} {
		if got := scalar(t, db, fmt.Sprintf("SELECT value FROM indicator_asof(t='%s') WHERE area = '195200000' AND is_latest", at)); got != want {
			t.Errorf("value as of %s = %s, want %s", at, got, want)
		}
	}
	if left := raw(t, db, "csv", "SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE '%next%'"); strings.Count(left, "\n") != 1 {
		t.Errorf("tables left over:\n%s", left)
	}
	if got := scalar(t, db, "SELECT concat(theme, '/', name_ru, '/', unit, '/', direction, '/', toString(sensitive)) FROM indicator_current LIMIT 1"); got != "demography/Численность населения на конец периода/person/higher/0" {
		t.Errorf("names of the indicator = %q", got)
	}
}

// TestPersonaQuestionsRun runs what the analyst's page of questions asks of the views, as pasted.
func TestPersonaQuestionsRun(t *testing.T) {
	t.Parallel()
	db := open(t)
	for _, q := range []string{
		"SELECT area_name_ru, district_name_ru, round(value,1) v, denominator FROM indicator_current WHERE indicator='budget_own_revenue_share' AND level='okrug' AND is_latest ORDER BY v LIMIT 20",
		"SELECT period, district_name_ru, value FROM indicator_current WHERE indicator='registered_unemployment_rate' AND level='district' AND period_end >= today() - INTERVAL 3 YEAR ORDER BY 2,1",
		"SELECT n.area, n.period, o.value was, n.value now FROM indicator_current n JOIN indicator_asof(t='2026-07-01 00:00:00') o USING (indicator, area, freq, period) WHERE n.indicator='sme_active_per_1000' AND n.value IS DISTINCT FROM o.value",
		"SELECT district, ifNull(sumIf(numerator, level='okrug'),0) parts, ifNull(anyIf(numerator, level='district'),0) whole FROM indicator_current WHERE indicator='asp_recipients_share' AND is_latest GROUP BY district HAVING parts != whole",
		"SELECT indicator, countIf(value IS NULL) miss, count() due, any(reason) FROM indicator_current WHERE period='2026-Q3' AND level='okrug' GROUP BY 1 HAVING miss>0 ORDER BY miss DESC",
		"SELECT * FROM indicator_current WHERE area='195259000'",
		"SELECT * FROM flow WHERE balance != 0",
	} {
		raw(t, db, "csv", q)
	}
}

// TestFiltersReachThePrimaryKey looks at the plan: what a dashboard filters by must not be a scan.
func TestFiltersReachThePrimaryKey(t *testing.T) {
	t.Parallel()
	db := open(t)
	insert(t, db, "indicator_value", "a", cell(vintage(1, 1, base), 195200000, auyl.LevelDistrict, 'D', 1, 1, 1, 'A'))
	insert(t, db, "observation", "a", page(1, 10))
	for q, keys := range map[string][]string{
		"SELECT * FROM indicator_current WHERE indicator = 'population_total' AND freq = 'D' AND area = '195200000' AND is_latest": {"indicator", "freq", "area"},
		"SELECT * FROM indicator_asof(t='2026-07-01') WHERE indicator = 'population_total' AND area = '195200000'":                 {"indicator", "area"},
		"SELECT * FROM observation_current WHERE series = 'births' AND freq = 'A' AND area = '190000000'":                          {"series", "freq", "area"},
	} {
		plan := raw(t, db, "csv", "EXPLAIN indexes = 1 "+q)
		_, index, ok := strings.Cut(plan, "PrimaryKey")
		if !ok {
			t.Errorf("%s\nno primary key in the plan:\n%s", q, plan)
			continue
		}
		used, _, _ := strings.Cut(index, "Condition")
		for _, k := range keys {
			if !strings.Contains(used, k) {
				t.Errorf("%s\ndoes not use the key column %s:\n%s", q, k, plan)
			}
		}
	}
}

func TestTheStrongestThenLatestReleaseCounts(t *testing.T) {
	t.Parallel()
	db := open(t)
	d := day(t, "2023-01-01")
	early, late := time.Date(2023, 2, 1, 0, 0, 0, 0, time.UTC), time.Date(2023, 7, 19, 0, 0, 0, 0, time.UTC)
	// The later release was fetched first, and the weakest source last.
	insert(t, db, "observation", "a", one(vintage(1, auyl.RankOfficial, late), 190000000, d, 15_059_680_000, 'A'))
	insert(t, db, "observation", "b", one(vintage(2, auyl.RankOfficial, early), 190000000, d, 15_059_840_000, 'A'))
	insert(t, db, "observation", "c", one(vintage(3, auyl.RankSynthetic, base), 190000000, d, 1, 'A'))
	if got := scalar(t, db, "SELECT concat(toString(value), ' of ', toString(vintages), ' ', toString(released_at)) FROM observation_current"); got != "1505968 of 3 2023-07-19 00:00:00.000" {
		t.Errorf("current value = %s, want the later release of the strongest rank", got)
	}
	if got := scalar(t, db, "SELECT concat(toString(old_value), ' ', toString(new_value), ' ', class) FROM observation_revision WHERE new_released_at = '2023-07-19'"); got != "1505984 1505968 correction" {
		t.Errorf("revision = %s, want 1505984 1505968 correction", got)
	}
	in, err := db.Inputs(t.Context(), clickhouse.InputsQuery{Series: []auyl.SeriesID{"population_end"}, Area: auyl.CountryCode, First: auyl.Day(d), Last: auyl.Day(d)})
	if err != nil {
		t.Fatal(err)
	}
	if len(in) != 1 || in[0].Value.String() != "1505968" || in[0].RawSeq != 1 || in[0].Row != 1 || len(in[0].RawSHA256) != 64 || in[0].Vintages != 3 || in[0].Period.String() != "2023-01-01" {
		t.Errorf("Inputs = %+v", in)
	}
	in, err = db.Inputs(t.Context(), clickhouse.InputsQuery{Series: []auyl.SeriesID{"population_end"}, Area: 195200000, First: auyl.Day(d), Last: auyl.Day(d)})
	if err != nil || len(in) != 0 {
		t.Errorf("Inputs of a district without data = %v, %v", in, err)
	}
}
