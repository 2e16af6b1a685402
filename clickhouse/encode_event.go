package clickhouse

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/auyl-kz/auyl/schemas/wire"
)

// eventEncoder encodes wire.Events.
type eventEncoder struct {
	m       wire.Events
	scratch []uint32
	pairs   []proto.KV[string, proto.Decimal64]
	columns []column

	vintage            vintageColumns
	kind               *dictColumn[string]
	area               *areas
	occurred, reported *numbers[int64]
	id                 proto.ColStr
	withdrawn          bytesColumn
	attributes         *proto.ColMap[string, proto.Decimal64]
	row                *numbers[uint32]
}

func newEventEncoder() *eventEncoder {
	e := &eventEncoder{
		vintage: vintageColumns{
			source: newTextDict(), run: newTextDict(), hash: newHashDict(), recorded: int64s(),
			seq: uint64s(), page: uint32s(), origin: new(bytesColumn),
		},
		kind: newTextDict(), area: newAreas(), occurred: int64s(), reported: int64s(), row: uint32s(),
		attributes: proto.NewMap(new(proto.ColStr), new(proto.ColDecimal64)),
	}
	v := &e.vintage
	e.columns = []column{
		{"kind", typeDict, e.kind},
		{"area", typeDict, e.area},
		{"occurred_at", typeTime, e.occurred},
		{"reported_at", typeTime, e.reported},
		{"source", typeDict, v.source},
		{"id", "String", &e.id},
		{"withdrawn", "Bool", &e.withdrawn},
		{"attributes", "Map(String, Decimal(18, 4))", e.attributes},
		{"origin", dialect{}.Origin(), v.origin},
		{"recorded_at", typeTime, v.recorded},
		{"raw_seq", "UInt64", v.seq},
		{"raw_sha256", typeHashes, v.hash},
		{"run_id", typeDict, v.run},
		{"page", "UInt32", v.page},
		{"row", "UInt32", e.row},
	}
	return e
}

func (e *eventEncoder) block() []column { return e.columns }

func (e *eventEncoder) reset() { resetAll(e.columns) }

func (e *eventEncoder) add(message []byte) error {
	m := &e.m
	if err := wire.Unmarshal(message, m); err != nil {
		return err
	}
	n := len(m.GetArea())
	if err := lengths(n, len(m.GetKind()), len(m.GetId()), len(m.GetOccurredAtMs()), len(m.GetReportedAtMs()), len(m.GetWithdrawn()), len(m.GetRow())); err != nil {
		return err
	}
	if err := e.vintage.add(m.GetVintage(), n); err != nil {
		return err
	}
	var err error
	if e.scratch, err = e.kind.remap(e.scratch, m.GetKindDict(), m.GetKind()); err != nil {
		return fmt.Errorf("kind: %w", err)
	}
	if err := e.area.add(m.GetArea()); err != nil {
		return err
	}
	e.occurred.v = append(e.occurred.v, m.GetOccurredAtMs()...)
	e.reported.v = append(e.reported.v, m.GetReportedAtMs()...)
	e.row.v = append(e.row.v, m.GetRow()...)
	for i := range n {
		e.id.Append(m.GetId()[i])
		var w byte
		if m.GetWithdrawn()[i] {
			w = 1
		}
		e.withdrawn.run(w, 1)
	}
	return e.addAttributes(m.GetAttributes(), n)
}

func (e *eventEncoder) addAttributes(attributes []*wire.Attribute, n int) error {
	sorted := slices.SortedFunc(slices.Values(attributes), func(a, b *wire.Attribute) int { return cmp.Compare(a.GetName(), b.GetName()) })
	for _, a := range sorted {
		if err := lengths(n, len(a.GetValue()), len(a.GetPresent())); err != nil {
			return fmt.Errorf("attribute %q: %w", a.GetName(), err)
		}
	}
	for i := range n {
		e.pairs = e.pairs[:0]
		for _, a := range sorted {
			if a.GetPresent()[i] {
				e.pairs = append(e.pairs, proto.KV[string, proto.Decimal64]{Key: a.GetName(), Value: proto.Decimal64(a.GetValue()[i])})
			}
		}
		e.attributes.AppendKV(e.pairs)
	}
	return nil
}
