package export

import (
	"errors"
	"fmt"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// parquetRow is a line of parquet/<indicator>.parquet: the columns of the CSV, typed.
type parquetRow struct {
	Area            string   `parquet:"area,dict"`
	AreaNameKK      string   `parquet:"area_name_kk,dict"`
	AreaNameRU      string   `parquet:"area_name_ru,dict"`
	AreaNameEN      string   `parquet:"area_name_en,dict"`
	Level           string   `parquet:"level,dict"`
	Freq            string   `parquet:"freq,dict"`
	Period          string   `parquet:"period,dict"`
	PeriodStart     int32    `parquet:"period_start,date"`
	PeriodEnd       int32    `parquet:"period_end,date"`
	Value           *float64 `parquet:"value,optional"`
	Numerator       *int64   `parquet:"numerator,optional,decimal(4:18)"`
	Denominator     *int64   `parquet:"denominator,optional,decimal(4:18)"`
	Coverage        *float64 `parquet:"coverage,optional"`
	Status          string   `parquet:"status,dict"`
	Reason          string   `parquet:"reason,dict"`
	Origin          string   `parquet:"origin,dict"`
	FormulaVersion  int32    `parquet:"formula_version"`
	BoundaryVersion string   `parquet:"boundary_version,dict"`
	RecordedAt      int64    `parquet:"recorded_at,timestamp(millisecond)"`
}

// groupRows bounds what a writer keeps in memory.
const groupRows = 1 << 17

type parquetCells struct {
	file *file
	w    *parquet.GenericWriter[parquetRow]
	one  [1]parquetRow
}

func newParquetCells(f *file, ind *schemas.Indicator, vintage time.Time) *parquetCells {
	return &parquetCells{file: f, w: parquet.NewGenericWriter[parquetRow](f,
		parquet.CreatedBy("auyl", "1", ""), // no build of the machine: same cells, same bytes
		parquet.Compression(&parquet.Zstd),
		parquet.MaxRowsPerRowGroup(groupRows),
		parquet.KeyValueMetadata("indicator", string(ind.ID)),
		parquet.KeyValueMetadata("unit", ind.Unit),
		parquet.KeyValueMetadata("vintage", instant(vintage)),
	)}
}

func (c *parquetCells) cell(r row) error {
	c.one[0] = parquetRow{
		Area: r.Area.String(), AreaNameKK: r.name.NameKK, AreaNameRU: r.name.NameRU, AreaNameEN: r.name.NameEN, Level: r.Level.String(),
		Freq: r.Period.Freq().String(), Period: r.Period.String(), PeriodStart: int32(r.Period.Start()), PeriodEnd: int32(r.Period.LastDay()),
		Value: r.Value, Numerator: scaled(r.Numerator), Denominator: scaled(r.Denominator), Coverage: r.Coverage,
		Status: r.Status.String(), Reason: r.Reason, Origin: r.Origin.String(), FormulaVersion: int32(r.FormulaVersion),
		BoundaryVersion: r.BoundaryVersion, RecordedAt: r.RecordedAt.UnixMilli(),
	}
	if _, err := c.w.Write(c.one[:]); err != nil {
		return fmt.Errorf("write %s: %w", c.file.path, err)
	}
	return nil
}

func scaled(d *auyl.Decimal) *int64 {
	if d == nil {
		return nil
	}
	n := int64(*d)
	return &n
}

func (c *parquetCells) close() (Resource, error) {
	if err := c.w.Close(); err != nil {
		return Resource{}, errors.Join(fmt.Errorf("close %s: %w", c.file.path, err), c.file.f.Close())
	}
	return c.file.close()
}

func (c *parquetCells) abandon() { c.file.abandon() }
