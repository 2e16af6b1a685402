package transform

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// An event is known by its source, kind and id. A later version of it, with
// another time, place or attributes, or taking it back, replaces the earlier
// one: what that gave to its window is taken out again, so a window is revised
// and not lost. Each event is one key, of no partition: a correction may move it
// to another district.

// noValue is what an event without the attribute gives to a series of values. It
// is no decimal: see [auyl.Decimal.Add].
const noValue = auyl.Decimal(math.MinInt64)

// effect is what one version of an event gives to the windows of its series.
type effect struct {
	series auyl.SeriesID
	freq   auyl.Freq
	start  auyl.Day
	value  auyl.Decimal
}

// known is the version of an event that stands.
type known struct {
	prec    precedence
	area    auyl.AreaCode
	effects []effect
	dirty   bool
}

// delta moves one area of one block of a partition.
type delta struct {
	blockKey
	area   auyl.AreaCode
	value  auyl.Decimal
	known  int32
	origin auyl.Origin
	at     auyl.Decimal // of a series of values: the value that comes or goes,
	times  int32        // so many times
}

// events takes in the events of a frame.
type events struct {
	m      *model
	view   auyl.View
	day    func(time.Time) auyl.Day
	state  map[string]*known
	deltas map[auyl.AreaCode][]delta
}

func (e *events) get(key string) (*known, error) {
	if k, ok := e.state[key]; ok {
		return k, nil
	}
	data, err := e.view.Get([]byte(key))
	if err != nil {
		return nil, err
	}
	var k *known
	if data != nil {
		if k, err = decodeKnown(data); err != nil {
			return nil, fmt.Errorf("%w: event", err)
		}
	}
	e.state[key] = k
	return k, nil
}

// take takes in one message.
func (e *events) take(w *wire.Events) error {
	n := len(w.GetKind())
	if len(w.GetId()) != n || len(w.GetArea()) != n || len(w.GetOccurredAtMs()) != n || len(w.GetWithdrawn()) != n || len(w.GetRow()) != n {
		return fmt.Errorf("events: columns differ in length")
	}
	attributes := map[string]*wire.Attribute{}
	for _, a := range w.GetAttributes() {
		if len(a.GetValue()) != n || len(a.GetPresent()) != n {
			return fmt.Errorf("events: attribute %s has %d values for %d rows", a.GetName(), len(a.GetValue()), n)
		}
		attributes[a.GetName()] = a
	}
	v := w.GetVintage()
	origin := auyl.Origin(v.GetOrigin())
	prec := precedence{rank: auyl.Rank(v.GetRank()), released: v.GetReleasedAtMs(), seq: v.GetRawSeq()}
	prefix := append([]byte{keyEvent}, v.GetSource()...)
	for i := range n {
		if int(w.GetKind()[i]) >= len(w.GetKindDict()) {
			return fmt.Errorf("events: row %d: index outside of its dictionary", i)
		}
		kind := w.GetKindDict()[w.GetKind()[i]]
		rules := e.m.events[kind]
		if len(rules) == 0 {
			continue
		}
		prec.row = w.GetRow()[i]
		next := &known{prec: prec, area: auyl.AreaCode(w.GetArea()[i]), dirty: true}
		day := e.day(time.UnixMilli(w.GetOccurredAtMs()[i]))
		for _, r := range rules {
			ef := effect{e.m.inputs[r.input].series, r.window, auyl.NewPeriod(r.window, day).Start(), 0}
			if r.values {
				ef.value = noValue
			}
			if !w.GetWithdrawn()[i] {
				ef.value = measure(r, attributes, i)
			}
			next.effects = append(next.effects, ef)
			// The window exists whichever version stands in the end: else
			// what is published would depend on the order of arrival.
			e.move(next.area, ef, 0, origin)
		}
		key := string(prefix) + "\x00" + kind + "\x00" + w.GetId()[i]
		old, err := e.get(key)
		if err != nil {
			return err
		}
		if old != nil {
			if !next.prec.beats(old.prec) {
				continue
			}
			for _, ef := range old.effects {
				e.move(old.area, ef, -1, 0)
			}
		}
		for _, ef := range next.effects {
			e.move(next.area, ef, 1, origin)
		}
		e.state[key] = next
	}
	return nil
}

// move gives an effect to its window (sign 1), takes it out (-1), or lets the
// window be known (0).
func (e *events) move(area auyl.AreaCode, ef effect, sign int32, o auyl.Origin) {
	in, ok := e.m.byKey[inputKey{series: ef.series}]
	if !ok || !e.m.inputs[in].event {
		return // the series left the catalogue
	}
	p := area.District()
	d := delta{blockKey: blockKey{in, ef.freq, ef.start}, area: area, known: sign, origin: o}
	switch {
	case !e.m.inputs[in].values:
		d.value = ef.value * auyl.Decimal(sign)
	case ef.value != noValue:
		d.value, d.at, d.times = auyl.DecimalOne*auyl.Decimal(sign), ef.value, sign
	}
	e.deltas[p] = append(e.deltas[p], d)
}

// measure returns what one event adds to a series: 0, or noValue for a series of
// values, where the condition is false or stands on an attribute that is not there.
func measure(r eventSeries, attributes map[string]*wire.Attribute, row int) auyl.Decimal {
	attribute := func(name string) (auyl.Decimal, bool) {
		a := attributes[name]
		if a == nil || !a.GetPresent()[row] {
			return 0, false
		}
		return auyl.Decimal(a.GetValue()[row]), true
	}
	if len(r.where.code) > 0 {
		v, ok := r.where.eval(func(i int32) (auyl.Decimal, bool) { return attribute(r.where.refs[i].name) })
		if !ok || v == 0 {
			if r.values {
				return noValue
			}
			return 0
		}
	}
	if r.measure == "" || r.measure == "count" {
		return auyl.DecimalOne
	}
	v, ok := attribute(r.measure)
	if !ok && r.values {
		return noValue
	}
	return v
}

func (k *known) encode() []byte {
	out := append(make([]byte, 0, 32+40*len(k.effects)), blockVersion, byte(k.prec.rank))
	out = binary.AppendVarint(out, k.prec.released)
	out = binary.AppendUvarint(out, k.prec.seq)
	out = binary.AppendUvarint(out, uint64(k.prec.row))
	out = binary.AppendUvarint(out, uint64(k.area))
	out = binary.AppendUvarint(out, uint64(len(k.effects)))
	for _, e := range k.effects {
		out = append(appendBytes(out, e.series), byte(e.freq))
		out = binary.AppendVarint(out, int64(e.start))
		out = binary.AppendVarint(out, int64(e.value))
	}
	return out
}

func decodeKnown(b []byte) (*known, error) {
	d := decoder{b: b}
	if d.byte() != blockVersion {
		return nil, errBlock
	}
	k := &known{prec: precedence{rank: auyl.Rank(d.byte()), released: d.varint(), seq: d.uvarint(), row: uint32(d.uvarint())}}
	k.area = auyl.AreaCode(d.uvarint())
	k.effects = make([]effect, d.count(4))
	for i := range k.effects {
		k.effects[i] = effect{auyl.SeriesID(d.bytes()), auyl.Freq(d.byte()), auyl.Day(d.varint()), auyl.Decimal(d.varint())}
	}
	if d.bad || len(d.b) > 0 {
		return nil, errBlock
	}
	return k, nil
}

// almatyChange is when clocks in the zone Asia/Almaty went from UTC+6 to UTC+5:
// midnight of 1 March 2024, local time.
const almatyChange = 1709229600

// almatyDay is the calendar day of an instant in the zone Asia/Almaty, from 2005
// on (before there was summer time). Written out because the pure part of the
// pipeline reads no time zone database, which differs between machines.
func almatyDay(t time.Time) auyl.Day {
	offset := int64(5 * 3600)
	if t.Unix() < almatyChange {
		offset = 6 * 3600
	}
	return auyl.DayOf(time.Unix(t.Unix()+offset, 0).UTC())
}
