package clickhouse

import (
	"fmt"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// cellEncoder encodes wire.Cells. What a cell carries for the next level up stays in the stream.
type cellEncoder struct {
	m       wire.Cells
	scratch []uint32
	columns []column

	vintage                     vintageColumns
	indicator, reason, boundary *dictColumn[string]
	area                        *areas
	level, freq, status, origin *bytesColumn
	start                       *numbers[int32]
	value, coverage             *nullable[float64]
	numerator, denominator      *nullable[int64]
	formula                     *numbers[uint32]
}

func newCellEncoder() *cellEncoder {
	e := &cellEncoder{
		vintage:   vintageColumns{recorded: int64s(), seq: uint64s()},
		indicator: newTextDict(), reason: newTextDict(), boundary: newTextDict(), area: newAreas(),
		level: new(bytesColumn), freq: new(bytesColumn), status: new(bytesColumn), origin: new(bytesColumn), start: int32s(),
		value: &nullable[float64]{numbers: float64s()}, coverage: &nullable[float64]{numbers: float64s()},
		numerator: &nullable[int64]{numbers: int64s()}, denominator: &nullable[int64]{numbers: int64s()}, formula: uint32s(),
	}
	e.columns = []column{
		{"indicator", typeDict, e.indicator},
		{"area", typeDict, e.area},
		{"level", dialect{}.Level(), e.level},
		{"freq", dialect{}.Freq(), e.freq},
		{"period_start", "Date32", e.start},
		{"value", "Nullable(Float64)", e.value},
		{"numerator", typeExact, e.numerator},
		{"denominator", typeExact, e.denominator},
		{"coverage", "Nullable(Float64)", e.coverage},
		{"status", dialect{}.Status(), e.status},
		{"reason", typeDict, e.reason},
		{"origin", dialect{}.Origin(), e.origin},
		{"formula_version", "UInt32", e.formula},
		{"boundary_version", typeDict, e.boundary},
		{"recorded_at", typeTime, e.vintage.recorded},
		{"raw_seq", "UInt64", e.vintage.seq},
	}
	return e
}

func (e *cellEncoder) block() []column { return e.columns }

func (e *cellEncoder) reset() { resetAll(e.columns) }

func (e *cellEncoder) add(message []byte) error {
	m := &e.m
	if err := wire.Unmarshal(message, m); err != nil {
		return err
	}
	n := len(m.GetArea())
	if err := lengths(n, len(m.GetIndicator()), len(m.GetLevel()), len(m.GetFreq()), len(m.GetStart()), len(m.GetValue()), len(m.GetHasValue()),
		len(m.GetNumerator()), len(m.GetDenominator()), len(m.GetCoverage()), len(m.GetStatus()), len(m.GetReason()), len(m.GetOrigin()),
		len(m.GetFormulaVersion()), len(m.GetBoundary())); err != nil {
		return err
	}
	if err := e.vintage.add(m.GetVintage(), n); err != nil {
		return err
	}
	if err := e.texts(m); err != nil {
		return err
	}
	for i := range n {
		if l, o := m.GetLevel()[i], m.GetOrigin()[i]; l < byte(auyl.LevelCountry) || l > byte(auyl.LevelSettlement) || o < byte(auyl.OriginReal) || o > byte(auyl.OriginSynthetic) {
			return fmt.Errorf("row %d: level %d or origin %d is no code", i, l, o)
		}
	}
	e.level.b = append(e.level.b, m.GetLevel()...)
	e.freq.b = append(e.freq.b, m.GetFreq()...)
	e.status.b = append(e.status.b, m.GetStatus()...)
	e.origin.b = append(e.origin.b, m.GetOrigin()...)
	e.start.v = append(e.start.v, m.GetStart()...)
	e.formula.v = append(e.formula.v, m.GetFormulaVersion()...)
	e.value.v = append(e.value.v, m.GetValue()...)
	e.numerator.v = append(e.numerator.v, m.GetNumerator()...)
	e.denominator.v = append(e.denominator.v, m.GetDenominator()...)
	e.coverage.v = append(e.coverage.v, m.GetCoverage()...)
	for bit, c := range []*bytesColumn{&e.value.absent, &e.numerator.absent, &e.denominator.absent, &e.coverage.absent} {
		var absent []byte
		c.b, absent = extend(c.b, n)
		for i, has := range m.GetHasValue() {
			absent[i] = ^has >> bit & 1
		}
	}
	return nil
}

// texts appends the columns whose rows are checked or looked up.
func (e *cellEncoder) texts(m *wire.Cells) error {
	var err error
	if e.scratch, err = e.indicator.remap(e.scratch, m.GetIndicatorDict(), m.GetIndicator()); err != nil {
		return fmt.Errorf("indicator: %w", err)
	}
	if e.scratch, err = e.reason.remap(e.scratch, m.GetReasonDict(), m.GetReason()); err != nil {
		return fmt.Errorf("reason: %w", err)
	}
	if e.scratch, err = e.boundary.remap(e.scratch, m.GetBoundaryDict(), m.GetBoundary()); err != nil {
		return fmt.Errorf("boundary: %w", err)
	}
	if err := letters("freq", m.GetFreq(), &freqLetters); err != nil {
		return err
	}
	if err := letters("status", m.GetStatus(), &statusLetters); err != nil {
		return err
	}
	return e.area.add(m.GetArea())
}
