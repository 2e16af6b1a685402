package transform

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/transform/rollup"
)

// Bits of Cells.has_value.
const (
	hasValue = 1 << iota
	hasNumerator
	hasDenominator
	hasCoverage
)

// cell is a figure as it is published.
type cell struct {
	area           auyl.AreaCode
	level          auyl.Level
	has            byte
	value          float64
	num, den       auyl.Decimal
	coverage       float64
	status         auyl.Status
	reason         string
	origin         auyl.Origin
	boundary       string
	weightReported int64 // persons; -1 where the population of some unit is not known
	weightTotal    int64
	unitsReported  uint32
	unitsTotal     uint32
	weighted       auyl.Decimal
	direct         bool
	version        uint32
	values         []byte // of a quantile: the multiset that the area above needs
}

// makeCell turns the sums of an area into its cell. own says that the figure is
// the area's own and not a sum: then a mean is what was reported, whatever the
// weight.
func makeCell(ind *indicator, t *rollup.Total, own bool) cell {
	p := ind.params
	if own {
		p.Rule = rollup.RuleSum
		if ind.ratio() {
			p.Rule = rollup.RuleRatio
		}
	}
	c := t.Cell(p)
	out := cell{
		value: c.Value, coverage: c.Coverage, status: c.Status, reason: c.Reason,
		origin: t.Origin, unitsReported: uint32(t.Reported), unitsTotal: uint32(t.Total),
		weightReported: -1, weightTotal: -1, direct: t.Flags&rollup.Direct != 0, version: ind.Version,
	}
	if !c.Status.Empty() {
		out.has |= hasValue
	}
	if c.HasCoverage {
		out.has |= hasCoverage
	}
	if t.Flags&rollup.WeightUnknown == 0 {
		out.weightReported = persons(t.WeightReported)
		out.weightTotal = persons(t.WeightTotal)
	}
	if t.Reported == 0 || t.Flags&rollup.Overflow != 0 {
		return out
	}
	switch ind.params.Rule {
	case rollup.RuleWeighted:
		// Of a mean, numerator and denominator are what was divided. A figure
		// of the area's own, and one that nothing weighs, keeps its parts.
		// Where the population of some unit is not known they are of the others.
		w, err := auyl.DecimalOf(t.Weighted)
		if err != nil { // no numerator: an overflow for the areas above
			out.den, out.has = t.WeightDen, out.has|hasDenominator
			return out
		}
		out.weighted = w
		if own && (out.direct || t.WeightDen == 0) {
			out.num, out.has = t.Num, out.has|hasNumerator
			if ind.ratio() {
				out.den, out.has = t.Den, out.has|hasDenominator
			}
			return out
		}
		if t.WeightDen == 0 && t.Flags&rollup.WeightUnknown != 0 {
			return out // nothing was divided
		}
		out.num, out.den = out.weighted, t.WeightDen
		out.has |= hasNumerator | hasDenominator
	case rollup.RuleMin:
		out.num, out.has = t.Min, out.has|hasNumerator
	case rollup.RuleMax:
		out.num, out.has = t.Max, out.has|hasNumerator
	default:
		out.num, out.has = t.Num, out.has|hasNumerator
		if ind.ratio() {
			out.den, out.has = t.Den, out.has|hasDenominator
		}
	}
	return out
}

func persons(d auyl.Decimal) int64 { return int64(math.RoundToEven(d.Float64())) }

// encode appends all of the cell but its area. Cells are compared by these bytes.
func (c *cell) encode(dst []byte) []byte {
	dst = append(dst, byte(c.level), c.has, byte(c.status), byte(c.origin), byte(bit(c.direct)))
	dst = binary.BigEndian.AppendUint64(dst, math.Float64bits(c.value))
	dst = binary.BigEndian.AppendUint64(dst, math.Float64bits(c.coverage))
	for _, v := range []int64{int64(c.num), int64(c.den), c.weightReported, c.weightTotal, int64(c.weighted)} {
		dst = binary.AppendVarint(dst, v)
	}
	for _, v := range []uint32{c.unitsReported, c.unitsTotal, c.version} {
		dst = binary.AppendUvarint(dst, uint64(v))
	}
	dst = appendBytes(appendBytes(dst, c.reason), c.boundary)
	if len(c.values) > 0 { // most cells have none, and stored ones never had
		dst = appendBytes(dst, c.values)
	}
	return dst
}

func decodeCell(area auyl.AreaCode, data []byte) (cell, error) {
	d := decoder{b: data}
	c := cell{area: area, level: auyl.Level(d.byte()), has: d.byte(), status: auyl.Status(d.byte()), origin: auyl.Origin(d.byte()), direct: d.byte() == 1}
	float := func() float64 {
		if len(d.b) < 8 {
			d.bad = true
			return 0
		}
		v := math.Float64frombits(binary.BigEndian.Uint64(d.b))
		d.b = d.b[8:]
		return v
	}
	c.value, c.coverage = float(), float()
	c.num, c.den = auyl.Decimal(d.varint()), auyl.Decimal(d.varint())
	c.weightReported, c.weightTotal = d.varint(), d.varint()
	c.weighted = auyl.Decimal(d.varint())
	c.unitsReported, c.unitsTotal, c.version = uint32(d.uvarint()), uint32(d.uvarint()), uint32(d.uvarint())
	c.reason, c.boundary = string(d.bytes()), string(d.bytes())
	if len(d.b) > 0 {
		c.values = d.bytes()
	}
	if d.bad || len(d.b) > 0 {
		return cell{}, errBlock
	}
	return c, nil
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// stored is cells of one indicator and period as bytes, sorted by area.
type stored struct {
	areas []auyl.AreaCode
	data  [][]byte
}

func decodeStored(b []byte) (stored, error) {
	var s stored
	if b == nil {
		return s, nil
	}
	d := decoder{b: b}
	if d.byte() != blockVersion {
		return s, errBlock
	}
	n := d.count(2)
	area := auyl.AreaCode(0)
	for range n {
		area += auyl.AreaCode(d.uvarint())
		s.areas = append(s.areas, area)
		s.data = append(s.data, d.bytes())
	}
	if d.bad || len(d.b) > 0 {
		return s, errBlock
	}
	return s, nil
}

func (s *stored) encode() []byte {
	size := 16
	for _, d := range s.data {
		size += len(d) + 8
	}
	out := binary.AppendUvarint(append(make([]byte, 0, size), blockVersion), uint64(len(s.areas)))
	last := auyl.AreaCode(0)
	for i, a := range s.areas {
		out = appendBytes(binary.AppendUvarint(out, uint64(a-last)), s.data[i])
		last = a
	}
	return out
}

// find returns the index of an area, or where it belongs.
func (s *stored) find(a auyl.AreaCode) (int, bool) {
	if n := len(s.areas); n == 0 || s.areas[n-1] < a {
		return n, false
	}
	return slices.BinarySearch(s.areas, a)
}

func (s *stored) put(i int, known bool, a auyl.AreaCode, data []byte) {
	if known {
		s.data[i] = data
		return
	}
	s.areas = slices.Insert(s.areas, i, a)
	s.data = slices.Insert(s.data, i, data)
}

// set puts the bytes of an area and reports whether they are new.
func (s *stored) set(a auyl.AreaCode, data []byte) bool {
	i, ok := s.find(a)
	if ok && bytes.Equal(s.data[i], data) {
		return false
	}
	s.put(i, ok, a, data)
	return true
}

// update puts cells into what was published, calls f for those that changed and
// reports whether there were any. cells are in order of their areas.
func (s *stored) update(cells []cell, f func(*cell) error) (changed bool, err error) {
	if len(s.areas) == 0 {
		s.areas, s.data = make([]auyl.AreaCode, 0, len(cells)), make([][]byte, 0, len(cells))
	}
	var scratch [128]byte
	var arena []byte // what changed lies in one piece
	for i := range cells {
		c := &cells[i]
		data := c.encode(scratch[:0])
		at, ok := s.find(c.area)
		if ok && bytes.Equal(s.data[at], data) {
			continue
		}
		if cap(arena)-len(arena) < len(data) {
			arena = make([]byte, 0, max(len(data)*(len(cells)-i)*5/4, len(data)))
		}
		start := len(arena)
		arena = append(arena, data...)
		s.put(at, ok, c.area, arena[start:len(arena):len(arena)])
		changed = true
		if err := f(c); err != nil {
			return true, err
		}
	}
	return changed, nil
}

// maxCellsPerMessage keeps a message below 400 KiB: a cell takes at most about
// 95 bytes, all of its varints at their longest.
const maxCellsPerMessage = 4000

// maxCellBytes is the room of a cell in a message; values come on top.
const maxCellBytes = 95

// cellWriter packs changed cells into messages of one subject, in the order in
// which they come: by indicator, period and area.
type cellWriter struct {
	m       *model
	subject string
	vintage *wire.Vintage
	seal    *sealer // nil for cells that all may read

	out                  []auyl.Payload
	w                    wire.Cells
	indicators           map[int32]uint32
	reasons, boundaries  dictionary
	lastReason, lastEdge string // of the row before: most rows repeat them
	reason, edge         uint32
	values               [][]byte // of each row
	valueBytes           int
}

func (cw *cellWriter) add(tg target, c *cell) error {
	w := &cw.w
	if (len(w.GetArea())+1)*maxCellBytes+cw.valueBytes+len(c.values) > maxCellsPerMessage*maxCellBytes {
		if err := cw.flush(); err != nil {
			return err
		}
	}
	cw.values, cw.valueBytes = append(cw.values, c.values), cw.valueBytes+len(c.values)
	if len(w.GetArea()) == 0 {
		w.Vintage = cw.vintage
		cw.indicators, cw.reasons, cw.boundaries = map[int32]uint32{}, dictionary{}, dictionary{}
	}
	n, ok := cw.indicators[tg.indicator]
	if !ok {
		n = uint32(len(w.GetIndicatorDict()))
		cw.indicators[tg.indicator] = n
		w.IndicatorDict = append(w.IndicatorDict, string(cw.m.indicators[tg.indicator].ID))
	}
	if len(w.GetArea()) == 0 || cw.lastReason != c.reason {
		cw.lastReason, cw.reason = c.reason, cw.reasons.index(c.reason, &w.ReasonDict)
	}
	if len(w.GetArea()) == 0 || cw.lastEdge != c.boundary {
		cw.lastEdge, cw.edge = c.boundary, cw.boundaries.index(c.boundary, &w.BoundaryDict)
	}
	w.Indicator = append(w.Indicator, n)
	w.Area = append(w.Area, uint32(c.area))
	w.Level = append(w.Level, byte(c.level))
	w.Freq = append(w.Freq, byte(tg.period.Freq()))
	w.Start = append(w.Start, int32(tg.period.Start()))
	w.Value = append(w.Value, c.value)
	w.HasValue = append(w.HasValue, c.has)
	w.Numerator = append(w.Numerator, int64(c.num))
	w.Denominator = append(w.Denominator, int64(c.den))
	w.Coverage = append(w.Coverage, c.coverage)
	w.Status = append(w.Status, byte(c.status))
	w.Reason = append(w.Reason, cw.reason)
	w.Origin = append(w.Origin, byte(c.origin))
	w.FormulaVersion = append(w.FormulaVersion, c.version)
	w.Boundary = append(w.Boundary, cw.edge)
	w.WeightReported = append(w.WeightReported, c.weightReported)
	w.WeightTotal = append(w.WeightTotal, c.weightTotal)
	w.UnitsReported = append(w.UnitsReported, c.unitsReported)
	w.UnitsTotal = append(w.UnitsTotal, c.unitsTotal)
	w.Weighted = append(w.Weighted, int64(c.weighted))
	w.Direct = append(w.Direct, byte(bit(c.direct)))
	if len(w.GetArea()) == maxCellsPerMessage {
		return cw.flush()
	}
	return nil
}

// flush ends the message that is being packed. The columns keep their room.
func (cw *cellWriter) flush() error {
	w := &cw.w
	if len(w.GetArea()) == 0 {
		return nil
	}
	w.Values = nil
	if cw.valueBytes > 0 {
		w.Values = cw.values
	}
	data, err := wire.Marshal(w)
	if err != nil {
		return err
	}
	if cw.seal != nil {
		data = cw.seal.seal(cw.subject, data)
	}
	cw.out = append(cw.out, auyl.Payload{Subject: cw.subject, Data: data})
	w.IndicatorDict, w.ReasonDict, w.BoundaryDict = w.GetIndicatorDict()[:0], w.GetReasonDict()[:0], w.GetBoundaryDict()[:0]
	w.Indicator, w.Area, w.Level, w.Freq, w.Start = w.GetIndicator()[:0], w.GetArea()[:0], w.GetLevel()[:0], w.GetFreq()[:0], w.GetStart()[:0]
	w.Value, w.HasValue, w.Numerator, w.Denominator = w.GetValue()[:0], w.GetHasValue()[:0], w.GetNumerator()[:0], w.GetDenominator()[:0]
	w.Coverage, w.Status, w.Reason, w.Origin = w.GetCoverage()[:0], w.GetStatus()[:0], w.GetReason()[:0], w.GetOrigin()[:0]
	w.FormulaVersion, w.Boundary = w.GetFormulaVersion()[:0], w.GetBoundary()[:0]
	w.WeightReported, w.WeightTotal = w.GetWeightReported()[:0], w.GetWeightTotal()[:0]
	w.UnitsReported, w.UnitsTotal = w.GetUnitsReported()[:0], w.GetUnitsTotal()[:0]
	w.Weighted, w.Direct = w.GetWeighted()[:0], w.GetDirect()[:0]
	cw.values, cw.valueBytes = cw.values[:0], 0
	return nil
}

// dictionary numbers texts in the order of their first use.
type dictionary map[string]uint32

func (d dictionary) index(s string, texts *[]string) uint32 {
	i, ok := d[s]
	if !ok {
		i = uint32(len(*texts))
		d[s] = i
		*texts = append(*texts, s)
	}
	return i
}
