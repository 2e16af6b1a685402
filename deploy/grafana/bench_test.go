package grafana_test

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/clickhouse"
	"github.com/auyl-kz/auyl/clickhouse/embedded"
	"github.com/auyl-kz/auyl/deploy/grafana"
	"github.com/auyl-kz/auyl/schemas"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// BenchmarkSeries asks what the time series panels of the places ask over ten years
// of the oblast: 20 indicators of all its areas by 120 months, the figures made up.
// The measure is p95-ms, whose budget is 100.
func BenchmarkSeries(b *testing.B) {
	house, err := schemas.Load(schemas.FS)
	if err != nil {
		b.Fatal(err)
	}
	e, err := embedded.Start(b.Context(), embedded.Options{Dir: b.TempDir()})
	if err != nil {
		b.Skip(err)
	}
	b.Cleanup(func() { _ = e.Close() })
	db, err := clickhouse.Open(b.Context(), e.DSN(), clickhouse.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	if err := db.LoadReference(b.Context(), house.Areas, house.Catalogue); err != nil {
		b.Fatal(err)
	}
	asked := ""
	for year := range 10 {
		m := tenYears(house, year)
		asked = m.GetIndicatorDict()[0]
		data, err := wire.Marshal(m)
		if err != nil {
			b.Fatal(err)
		}
		if err := db.Writer().Insert(b.Context(), "indicator_value", fmt.Sprint("y", year), [][]byte{data}); err != nil {
			b.Fatal(err)
		}
	}
	v := view{
		from: time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC), to: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), interval: 24 * time.Hour,
		vars: map[string][]string{
			"lang": {"ru"}, "oblast": {"190000000"}, "district": {"195200000"}, "okrug": {"195234000"}, "indicator": {asked}, "freq": {"M"}, "level": {"district"},
		},
	}
	for _, d := range grafana.Dashboards()[:4] {
		for _, p := range d.Panels {
			if p.Kind != grafana.Series {
				continue
			}
			sql, err := v.expand(p.SQL)
			if err != nil {
				b.Fatal(err)
			}
			var out bytes.Buffer
			if err := db.Raw(b.Context(), sql, "csv", &out); err != nil || bytes.Count(out.Bytes(), []byte("\n")) < 100 {
				b.Fatalf("%s: few rows: %.200s, %v", p.Title, &out, err)
			}
			b.Run(d.UID+"/"+p.Title, func(b *testing.B) {
				var took []time.Duration
				for b.Loop() {
					begin := time.Now()
					if err := db.Raw(b.Context(), sql, "csv", io.Discard); err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(begin))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
			})
		}
	}
}

func tenYears(house *schemas.House, year int) *wire.Cells {
	m := &wire.Cells{
		Vintage: &wire.Vintage{
			Source: "bench.bench", Run: "bench", Page: 1, RawSeq: uint64(year + 1), RawSha256: bytes.Repeat([]byte{1}, 32),
			RecordedAtMs: 1_767_225_600_000 + int64(year), ReleasedAtMs: 1_767_225_600_000, Origin: uint32(auyl.OriginSynthetic), Rank: uint32(auyl.RankSynthetic), ContractVersion: 1,
		},
		ReasonDict: []string{""}, BoundaryDict: []string{"2022-06-08"},
	}
	for i := range min(20, len(house.Catalogue.Indicators)) {
		m.IndicatorDict = append(m.IndicatorDict, string(house.Catalogue.Indicators[i].ID))
	}
	day := auyl.DayOf(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	for month := range 12 {
		start := int32(auyl.DayOf(time.Date(2016+year, time.Month(month+1), 1, 0, 0, 0, 0, time.UTC)))
		for i := range m.GetIndicatorDict() {
			for k, a := range house.Areas.All() {
				if !a.Valid(day) || a.Level == auyl.LevelCountry {
					continue
				}
				m.Indicator, m.Area, m.Level = append(m.Indicator, uint32(i)), append(m.Area, uint32(a.Code)), append(m.Level, byte(a.Level))
				m.Freq, m.Start, m.Value = append(m.Freq, 'M'), append(m.Start, start), append(m.Value, float64(k+month))
				m.HasValue, m.Numerator, m.Denominator = append(m.HasValue, 9), append(m.Numerator, 0), append(m.Denominator, 0)
				m.Coverage, m.Status, m.Reason = append(m.Coverage, 1), append(m.Status, 'A'), append(m.Reason, 0)
				m.Origin, m.FormulaVersion, m.Boundary = append(m.Origin, 2), append(m.FormulaVersion, 1), append(m.Boundary, 0)
			}
		}
	}
	return m
}
