package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// panel asks what the panels of a dashboard ask of one indicator over ten years of
// an oblast. The table holds 20 indicators of all areas of the oblast by 120
// months, the figures made up.
func panel(ctx context.Context, h *house) (out []figure, err error) {
	day, err := auyl.ParseDay(modelDay)
	if err != nil {
		return nil, err
	}
	var areas []auyl.Area
	for _, a := range h.Areas.All() {
		if a.Code.Oblast() == oblast && a.Valid(day) {
			areas = append(areas, a)
		}
	}
	err = inLab(ctx, h, func(l *lab) error {
		cells, asked := 0, ""
		for year := range 10 {
			m := tenth(h, areas, year)
			asked = m.GetIndicatorDict()[0]
			cells += len(m.GetArea())
			b, err := wire.Marshal(m)
			if err != nil {
				return err
			}
			if err := l.db.Writer().Insert(ctx, "indicator_value", fmt.Sprint("year", year), [][]byte{b}); err != nil {
				return err
			}
		}
		var all []time.Duration
		for _, q := range []struct{ name, text string }{
			{"series of a district", "SELECT period, value, status FROM indicator_current WHERE indicator = '%s' AND area = '195200000' ORDER BY period_start"},
			{"series of all districts", "SELECT area, area_name_ru, period, value FROM indicator_current WHERE indicator = '%s' AND level = 'district' ORDER BY area, period_start"},
			{"map of the newest", "SELECT area, area_name_ru, value FROM indicator_current WHERE indicator = '%s' AND level = 'settlement' AND is_latest"},
		} {
			var took []time.Duration
			for range h.pick(100, 20) {
				var answer bytes.Buffer
				began := time.Now()
				if err := l.db.Raw(ctx, fmt.Sprintf(q.text, asked), "csv", &answer); err != nil {
					return err
				}
				took = append(took, time.Since(began))
				if strings.Count(answer.String(), "\n") < 100 {
					return fmt.Errorf("panel %s: few rows: %.200s", q.name, answer.String())
				}
			}
			all = append(all, took...)
			out = append(out, figure{Name: "panel query: " + q.name + ", p95", Value: percentile(took, 95), Unit: "ms", Budget: 100, Most: true})
		}
		out = append(out, figure{Name: "panel query: all three, p95", Value: percentile(all, 95), Unit: "ms", Budget: 100, Most: true, Note: fmt.Sprintf("%d cells", cells)})
		return nil
	})
	return out, err
}

// tenth is a year of the table.
func tenth(h *house, areas []auyl.Area, year int) *wire.Cells {
	m := &wire.Cells{
		Vintage: &wire.Vintage{
			Source: string(book), Run: "bench", Page: 1, RawSeq: uint64(year + 1), RawSha256: bytes.Repeat([]byte{1}, 32),
			RecordedAtMs: 1_767_225_600_000 + int64(year), ReleasedAtMs: 1_767_225_600_000, Origin: uint32(auyl.OriginSynthetic), Rank: uint32(auyl.RankSynthetic), ContractVersion: 1,
		},
		ReasonDict: []string{""}, BoundaryDict: []string{"2022-06-08"},
	}
	for i := range min(20, len(h.Catalogue.Indicators)) {
		m.IndicatorDict = append(m.IndicatorDict, string(h.Catalogue.Indicators[i].ID))
	}
	for month := range 12 {
		start := int32(auyl.DayOf(time.Date(2016+year, time.Month(month+1), 1, 0, 0, 0, 0, time.UTC)))
		for i := range m.GetIndicatorDict() {
			for k, a := range areas {
				m.Indicator, m.Area, m.Level = append(m.Indicator, uint32(i)), append(m.Area, uint32(a.Code)), append(m.Level, byte(a.Level))
				m.Freq, m.Start, m.Value = append(m.Freq, byte(auyl.FreqMonth)), append(m.Start, start), append(m.Value, float64(k+month))
				m.HasValue, m.Numerator, m.Denominator = append(m.HasValue, 1), append(m.Numerator, 0), append(m.Denominator, 0)
				m.Coverage, m.Status, m.Reason = append(m.Coverage, 1), append(m.Status, byte(auyl.StatusNormal)), append(m.Reason, 0)
				m.Origin, m.FormulaVersion, m.Boundary = append(m.Origin, byte(auyl.OriginSynthetic)), append(m.FormulaVersion, 1), append(m.Boundary, 0)
			}
		}
	}
	return m
}
