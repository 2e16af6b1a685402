package clickhouse

import (
	"fmt"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// observationEncoder encodes wire.Observations.
type observationEncoder struct {
	m       wire.Observations
	scratch []uint32
	columns []column

	vintage      vintageColumns
	series, dims *dictColumn[string]
	area         *areas
	freq, status *bytesColumn
	start        *numbers[int32]
	value        *nullable[int64]
	row          *numbers[uint32]
}

func newObservationEncoder() *observationEncoder {
	e := &observationEncoder{
		vintage: vintageColumns{
			source: newTextDict(), run: newTextDict(), hash: newHashDict(), recorded: int64s(), released: int64s(),
			seq: uint64s(), page: uint32s(), origin: new(bytesColumn), rank: new(bytesColumn),
		},
		series: newTextDict(), dims: newTextDict(), area: newAreas(),
		freq: new(bytesColumn), status: new(bytesColumn), start: int32s(), value: &nullable[int64]{numbers: int64s()}, row: uint32s(),
	}
	v := &e.vintage
	e.columns = []column{
		{"series", typeDict, e.series},
		{"dims", typeDict, e.dims},
		{"area", typeDict, e.area},
		{"freq", dialect{}.Freq(), e.freq},
		{"period_start", "Date32", e.start},
		{"value", typeExact, e.value},
		{"status", dialect{}.Status(), e.status},
		{"origin", dialect{}.Origin(), v.origin},
		{"rank", "UInt8", v.rank},
		{"source", typeDict, v.source},
		{"recorded_at", typeTime, v.recorded},
		{"released_at", typeTime, v.released},
		{"raw_seq", "UInt64", v.seq},
		{"raw_sha256", typeHashes, v.hash},
		{"run_id", typeDict, v.run},
		{"page", "UInt32", v.page},
		{"row", "UInt32", e.row},
	}
	return e
}

func (e *observationEncoder) block() []column { return e.columns }

func (e *observationEncoder) reset() { resetAll(e.columns) }

func (e *observationEncoder) add(message []byte) error {
	m := &e.m
	if err := wire.Unmarshal(message, m); err != nil {
		return err
	}
	n := len(m.GetArea())
	if err := lengths(n, len(m.GetSeries()), len(m.GetDims()), len(m.GetFreq()), len(m.GetStart()), len(m.GetValue()), len(m.GetStatus()), len(m.GetRow())); err != nil {
		return err
	}
	if err := e.vintage.add(m.GetVintage(), n); err != nil {
		return err
	}
	var err error
	if e.scratch, err = e.series.remap(e.scratch, m.GetSeriesDict(), m.GetSeries()); err != nil {
		return fmt.Errorf("series: %w", err)
	}
	if e.scratch, err = e.dims.remap(e.scratch, m.GetDimsDict(), m.GetDims()); err != nil {
		return fmt.Errorf("dims: %w", err)
	}
	if err := e.area.add(m.GetArea()); err != nil {
		return err
	}
	if err := letters("freq", m.GetFreq(), &freqLetters); err != nil {
		return err
	}
	if err := letters("status", m.GetStatus(), &statusLetters); err != nil {
		return err
	}
	e.freq.b = append(e.freq.b, m.GetFreq()...)
	e.status.b = append(e.status.b, m.GetStatus()...)
	e.start.v = append(e.start.v, m.GetStart()...)
	e.value.v = append(e.value.v, m.GetValue()...)
	e.row.v = append(e.row.v, m.GetRow()...)
	var absent []byte
	e.value.absent.b, absent = extend(e.value.absent.b, n)
	for i, s := range m.GetStatus() {
		absent[i] = 0
		if auyl.Status(s).Empty() {
			absent[i] = 1
		}
	}
	return nil
}

// alphabet marks the letters of an enumeration.
type alphabet [256]bool

func newAlphabet(s string) (a alphabet) {
	for i := range len(s) {
		a[s[i]] = true
	}
	return a
}

var (
	freqLetters   = newAlphabet("ADMQSW")  //nolint:gochecknoglobals // fixed table: the letters of auyl.Freq
	statusLetters = newAlphabet("ABCEIMP") //nolint:gochecknoglobals // fixed table: the letters of auyl.Status
)

// letters refuses what is no letter of the enumeration: the engine would store the byte and fail when it is read.
func letters(name string, b []byte, a *alphabet) error {
	for i, c := range b {
		if !a[c] {
			return fmt.Errorf("row %d: %s %q is no code", i, name, c)
		}
	}
	return nil
}
