package clickhouse_test

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// figure is a cell with what its value was divided from; a status without a value has no numbers either.
//
//nolint:revive // a row of a table reads best on one line
func figure(tb testing.TB, indicator string, area uint32, level auyl.Level, freq auyl.Freq, start string, numerator, denominator float64, status auyl.Status) *wire.Cells {
	tb.Helper()
	value, has, reason := numerator, byte(0b1011), ""
	if denominator != 0 {
		value, has = 100*numerator/denominator, 0b1111
	}
	switch status { //nolint:exhaustive // the rest has a value
	case auyl.StatusMissing:
		has, reason = 0, "no_data"
	case auyl.StatusConfidential:
		has, reason = 0, "confidential"
	}
	return &wire.Cells{
		Vintage: vintage(1, 1, base), IndicatorDict: []string{indicator}, ReasonDict: []string{reason}, BoundaryDict: []string{"KATO"},
		Indicator: []uint32{0}, Area: []uint32{area}, Level: []byte{byte(level)}, Freq: []byte{byte(freq)}, Start: []int32{day(tb, start)},
		Value: []float64{value}, HasValue: []byte{has}, Numerator: []int64{int64(numerator * 10000)}, Denominator: []int64{int64(denominator * 10000)},
		Coverage: []float64{1}, Status: []byte{byte(status)}, Reason: []uint32{0}, Origin: []byte{byte(auyl.OriginReal)}, FormulaVersion: []uint32{1}, Boundary: []uint32{0},
	}
}

// TestFiguresOnTodaysBoundariesAddUp: a share is estimated and says so, parts are added before they are divided, and what
// cannot be mapped is empty with a reason.
func TestFiguresOnTodaysBoundariesAddUp(t *testing.T) {
	t.Parallel()
	db := open(t)
	loadReference(t, db)
	const oblast, district, okrug, settlement = auyl.LevelOblast, auyl.LevelDistrict, auyl.LevelOkrug, auyl.LevelSettlement
	const people, rate, published, share = "population_total", "population_growth_rate", "unemployment_rate_ilo_annual", "water_central_access"
	cells := []*wire.Cells{
		figure(t, people, 190000000, oblast, 'D', "2021-01-01", 2077967, 0, 'A'),
		figure(t, people, 190000000, oblast, 'D', "2022-01-01", 1478496, 0, 'B'), // already within the boundaries of June
		figure(t, people, 190000000, oblast, 'D', "2023-01-01", 1505968, 0, 'A'),
		figure(t, rate, 190000000, oblast, 'A', "2020-01-01", 22243, 2055724, 'A'),
		figure(t, rate, 190000000, oblast, 'A', "2021-01-01", -599471, 2077967, 'B'),
		figure(t, published, 190000000, oblast, 'A', "2021-01-01", 4.8, 0, 'A'),
		figure(t, people, 191000000, district, 'D', "2021-01-01", 170000, 0, 'A'), // Taldyqorgan
		figure(t, people, 191000000, district, 'D', "2023-01-01", 70513, 0, 'A'),  // Qonaev, with Zarechnyy
		figure(t, people, 191000000, district, 'D', "2025-01-01", 66237, 0, 'M'),
		figure(t, people, 193600000, district, 'D', "2021-01-01", 30000, 0, 'E'),
		figure(t, people, 193637200, settlement, 'D', "2025-01-01", 400, 0, 'A'), // two hamlets joined it in February
		figure(t, people, 193637202, settlement, 'D', "2025-01-01", 7, 0, 'A'),
		figure(t, people, 193637207, settlement, 'D', "2025-01-01", 9, 0, 'E'),
		figure(t, people, 193649200, settlement, 'D', "2025-01-01", 500, 0, 'A'), // its hamlet has no cell
		figure(t, people, 194037500, settlement, 'D', "2025-01-01", 300, 0, 'A'),
		figure(t, people, 194037502, settlement, 'D', "2025-01-01", 0, 0, 'C'),
		figure(t, people, 191033100, settlement, 'D', "2023-01-01", 4000, 0, 'A'), // Zarechnoe: its okrug went whole to Alatau
		figure(t, people, 196837000, okrug, 'D', "2023-01-01", 9000, 0, 'A'),
		figure(t, share, 194053100, settlement, 'D', "2025-01-01", 30, 40, 'A'), // ratios of what joined: 30/40 and 10/60
		figure(t, share, 194053104, settlement, 'D', "2025-01-01", 10, 60, 'A'),
	}
	for i, c := range cells {
		insert(t, db, "indicator_value", "today:"+strconv.Itoa(i), c)
	}
	got := raw(t, db, "tsv", "SELECT indicator, area, area_name_ru, level, period, round(value, 6), numerator, denominator, status, reason, parts, round(smallest_weight, 6), arrayStringConcat(from_areas, ' ') FROM indicator_today ORDER BY indicator, level, area, period_start, reason")
	want := `indicator	area	area_name_ru	level	period	round(value, 6)	numerator	denominator	status	reason	parts	round(smallest_weight, 6)	arrayStringConcat(from_areas, \' \')
population_growth_rate	190000000	Алматинская область	oblast	2020	1.082003	15104.439643899905	1395969.9268316543	E		1	0.679065	190000000
population_growth_rate	190000000	Алматинская область	oblast	2021	\N	\N	\N	M	across_break	1	0.679065	190000000
population_growth_rate	330000000		oblast	2020	1.082003	7138.560356100094	659754.0731683456	E		1	0.320935	190000000
population_growth_rate	330000000		oblast	2021	\N	\N	\N	M	across_break	1	0.320935	190000000
population_total	190000000	Алматинская область	oblast	2021-01-01	1411074.366476	1411074.3664755542	\N	E		1	0.679065	190000000
population_total	190000000	Алматинская область	oblast	2022-01-01	1478496	1478496	\N	B		1	1	190000000
population_total	190000000	Алматинская область	oblast	2023-01-01	1505968	1505968	\N	A		1	1	190000000
population_total	330000000		oblast	2021-01-01	666892.633524	666892.6335244457	\N	E		1	0.320935	190000000
population_total	191000000	Қонаев Г.А.	district	2023-01-01	\N	\N	\N	M	share_unknown	0	0	191000000
population_total	191000000	Қонаев Г.А.	district	2025-01-01	\N	\N	\N	M	no_data	1	1	191000000
population_total	193600000	Балхашский район	district	2021-01-01	30000	30000	\N	E		1	1	193600000
population_total	331000000		district	2021-01-01	170000	170000	\N	A		1	1	191000000
population_total	191810000	г.Алатау	okrug	2023-01-01	\N	\N	\N	M	part_missing	8	1	196837000
population_total	193637200	с.Кокжиде	settlement	2025-01-01	416	416	\N	E		3	1	193637200 193637202 193637207
population_total	193649200	с.Каскаогиз	settlement	2025-01-01	\N	\N	\N	M	part_missing	2	1	193649200
population_total	194037500	с.Кайрат	settlement	2025-01-01	\N	\N	\N	C	confidential	2	1	194037500 194037502
unemployment_rate_ilo_annual	190000000	Алматинская область	oblast	2021	\N	\N	\N	M	not_additive	1	0.679065	190000000
unemployment_rate_ilo_annual	330000000		oblast	2021	\N	\N	\N	M	not_additive	1	0.320935	190000000
water_central_access	194053100	с.Каражота	settlement	2025-01-01	40	40	100	A		2	1	194053100 194053104
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("indicator_today (-want +got):\n%s", diff)
	}
	// What is carried adds up to what was counted.
	if got := scalar(t, db, "SELECT round(sum(numerator), 4) FROM indicator_today WHERE indicator = 'population_total' AND level = 'oblast' AND period = '2021-01-01'"); got != "2077967" {
		t.Errorf("population of 2021 within the boundaries of today = %s, want 2077967", got)
	}
	for what, q := range map[string]string{
		"shares of each area and span":    "SELECT count() FROM (SELECT from_code, first_day FROM area_concordance WHERE reason = '' GROUP BY ALL HAVING abs(sum(weight) - 1) > 1e-9)",
		"areas of today, one each":        "SELECT count() FROM area_concordance WHERE last_day = '2299-12-31' AND (weight != 1 OR parts != 1 OR from_code != to_code)",
		"levels of today":                 "SELECT count() FROM area_concordance AS w INNER JOIN area AS a ON a.code = w.to_code WHERE a.valid_to = '2299-12-31' AND a.level != w.level",
		"codes without a row of some day": "SELECT count() FROM area AS a LEFT ANTI JOIN area_concordance AS w ON w.from_code = a.code AND w.first_day = a.valid_from",
	} {
		if got := scalar(t, db, q); got != "0" {
			t.Errorf("%s: %s do not fit\n%s", what, got, q)
		}
	}
}
