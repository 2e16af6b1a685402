package clickhouse

import (
	"context"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/auyl-kz/auyl"
)

// Coverage is how far an indicator is covered at a level, in the newest period of a frequency.
type Coverage struct {
	Level      string
	Freq       string
	Period     string
	Areas      uint64   // that have a cell
	Filled     uint64   // that have a value
	Estimated  uint64   // of status E
	Suppressed uint64   // of status C
	Coverage   *float64 // mean over the areas, 0 to 1; nil where none has one
	RecordedAt time.Time
	Synthetic  bool // some input of some area is
}

// Coverages returns the coverage of an indicator now, from the country down. It is empty where no cell was computed.
func (db *DB) Coverages(ctx context.Context, id auyl.IndicatorID) ([]Coverage, error) {
	var out []Coverage
	err := db.query(ctx, "coverage", driver.Parameters{"indicator": string(id)}, func(scan func(...any) error) error {
		var c Coverage
		var synthetic uint8
		err := scan(&c.Level, &c.Freq, &c.Period, &c.Areas, &c.Filled, &c.Estimated, &c.Suppressed, &c.Coverage, &c.RecordedAt, &synthetic)
		c.Synthetic = synthetic != 0
		out = append(out, c)
		return err
	})
	return out, err
}
