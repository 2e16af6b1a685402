package clickhouse

import (
	"context"
	"fmt"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/auyl-kz/auyl"
)

// IndicatorCellsQuery says which cells of an indicator are asked for.
type IndicatorCellsQuery struct {
	Indicator   auyl.IndicatorID
	First, Last auyl.Day  // first days of the periods, both included
	AsOf        time.Time // what was known then; the zero time is now
}

// IndicatorCell is the newest vintage of a cell, exact. Pointers are nil where the cell has nothing.
type IndicatorCell struct {
	Area            auyl.AreaCode
	Level           auyl.Level
	Period          auyl.Period
	Value           *float64
	Numerator       *auyl.Decimal
	Denominator     *auyl.Decimal
	Coverage        *float64
	Status          auyl.Status
	Reason          string
	Origin          auyl.Origin
	FormulaVersion  uint32
	BoundaryVersion string
	RecordedAt      time.Time
}

// IndicatorCells hands each cell to f, in the order of area, frequency and period, without keeping them.
func (db *DB) IndicatorCells(ctx context.Context, q IndicatorCellsQuery, f func(*IndicatorCell) error) error {
	params := driver.Parameters{
		"indicator": string(q.Indicator), "first": q.First.String(), "last": q.Last.String(), "as_of": moment(q.AsOf),
	}
	return db.query(ctx, "indicator_cells", params, func(scan func(...any) error) error {
		var c IndicatorCell
		var level, freq, status, origin string
		var area uint32
		var start time.Time
		var numerator, denominator *string
		if err := scan(&area, &level, &freq, &start, &c.Value, &numerator, &denominator, &c.Coverage, &status, &c.Reason, &origin,
			&c.FormulaVersion, &c.BoundaryVersion, &c.RecordedAt); err != nil {
			return err
		}
		var err error
		if c.Area, err = auyl.ParseAreaCode(fmt.Sprintf("%09d", area)); err != nil {
			return fmt.Errorf("area: %w", err)
		}
		if c.Level, err = auyl.ParseLevel(level); err != nil {
			return fmt.Errorf("level: %w", err)
		}
		fr, err := auyl.ParseFreq(freq)
		if err != nil {
			return fmt.Errorf("freq: %w", err)
		}
		c.Period = auyl.NewPeriod(fr, auyl.DayOf(start))
		if c.Status, err = auyl.ParseStatus(status); err != nil {
			return fmt.Errorf("status: %w", err)
		}
		if c.Origin, err = auyl.ParseOrigin(origin); err != nil {
			return fmt.Errorf("origin: %w", err)
		}
		if c.Numerator, err = decimal(numerator); err != nil {
			return fmt.Errorf("numerator: %w", err)
		}
		if c.Denominator, err = decimal(denominator); err != nil {
			return fmt.Errorf("denominator: %w", err)
		}
		return f(&c)
	})
}

func decimal(s *string) (*auyl.Decimal, error) {
	if s == nil {
		return nil, nil //nolint:nilnil // an empty cell is no fault
	}
	d, err := auyl.ParseDecimal(*s)
	return &d, err
}

// Vintage returns the time of the newest page that changed an indicator, of all that was known at a time (the zero time is
// now); it is zero where nothing was.
func (db *DB) Vintage(ctx context.Context, asOf time.Time) (v time.Time, err error) {
	err = db.query(ctx, "vintage", driver.Parameters{"as_of": moment(asOf)}, func(scan func(...any) error) error {
		return scan(&v)
	})
	return known(v), err
}
