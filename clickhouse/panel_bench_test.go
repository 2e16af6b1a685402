package clickhouse_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// BenchmarkPanel asks what a panel of a dashboard asks: one indicator over ten years of an oblast. The table holds 20
// indicators of 511 areas over 120 months: 1.2 million cells.
func BenchmarkPanel(b *testing.B) {
	db := open(b)
	loadReference(b, db)
	areas := []uint32{195200000}
	for i := range 510 {
		areas = append(areas, 195200000+uint32(i+1)*100)
	}
	for year := range 10 {
		m := &wire.Cells{Vintage: vintage(uint64(year+1), 1, base), ReasonDict: []string{""}, BoundaryDict: []string{"KATO-2024"}}
		for i := range 20 {
			m.IndicatorDict = append(m.IndicatorDict, fmt.Sprintf("indicator_%02d", i))
		}
		m.IndicatorDict[7] = "population_total"
		for month := range 12 {
			start := int32(auyl.DayOf(time.Date(2016+year, time.Month(month+1), 1, 0, 0, 0, 0, time.UTC)))
			for i := range 20 {
				for k, area := range areas {
					level := auyl.LevelSettlement
					if k == 0 {
						level = auyl.LevelDistrict
					}
					addCell(m, uint32(i), area, level, start, float64(k))
				}
			}
		}
		insert(b, db, "indicator_value", fmt.Sprint("y", year), m)
	}
	for name, q := range map[string]string{
		"series of a district": "SELECT period, value, status FROM indicator_current WHERE indicator = 'population_total' AND area = '195200000' ORDER BY period_start",
		"map of the newest":    "SELECT area, area_name_ru, value FROM indicator_current WHERE indicator = 'population_total' AND level = 'settlement' AND is_latest",
		"all of an indicator":  "SELECT period, avg(value) FROM indicator_current WHERE indicator = 'population_total' GROUP BY period ORDER BY period",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := db.Raw(b.Context(), q, "csv", io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func addCell(m *wire.Cells, indicator, area uint32, level auyl.Level, start int32, value float64) {
	m.Indicator, m.Area, m.Level = append(m.Indicator, indicator), append(m.Area, area), append(m.Level, byte(level))
	m.Freq, m.Start, m.Value = append(m.Freq, 'M'), append(m.Start, start), append(m.Value, value)
	m.HasValue, m.Numerator, m.Denominator = append(m.HasValue, 1), append(m.Numerator, 0), append(m.Denominator, 0)
	m.Coverage, m.Status, m.Reason = append(m.Coverage, 1), append(m.Status, 'A'), append(m.Reason, 0)
	m.Origin, m.FormulaVersion, m.Boundary = append(m.Origin, 2), append(m.FormulaVersion, 1), append(m.Boundary, 0)
}
