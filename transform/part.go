package transform

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// blockKey names a block of a partition.
type blockKey struct {
	input int32
	freq  auyl.Freq
	start auyl.Day
}

// target names the cells of a partition that are computed together.
type target struct {
	indicator int32
	period    auyl.Period
}

// part is the work of one frame on one partition. It belongs to one goroutine.
// Each block is read at most once in a frame.
type part struct {
	m      *model
	areas  *registry
	view   auyl.View
	code   auyl.AreaCode
	blocks map[blockKey]*block
	fresh  map[int32][]auyl.Day // first days of blocks that the view may not have, by input
	cols   map[colKey]*column
	sets   map[blockKey]*sets
	again  []int32         // indicators of which all cells are computed again
	gone   map[target]bool // of those, periods that only an older formula made
	s      scratch
}

type colKey struct {
	blockKey // of a flow: its block; of a stock: the day it is looked up on
	reach    auyl.Day
	ytd      bool
	tree     *tree
}

func newPart(m *model, areas *registry, view auyl.View, code auyl.AreaCode) *part {
	return &part{
		m: m, areas: areas, view: view, code: code,
		blocks: map[blockKey]*block{}, fresh: map[int32][]auyl.Day{}, cols: map[colKey]*column{},
		sets: map[blockKey]*sets{},
	}
}

func (p *part) key(k blockKey) []byte {
	in := &p.m.inputs[k.input]
	return appendPeriod(appendKey(keyBlock, p.code, string(in.series), string(in.dims)), k.freq, k.start)
}

// block returns a block, an empty one if there is none.
func (p *part) block(k blockKey) (*block, error) {
	if b := p.blocks[k]; b != nil {
		return b, nil
	}
	data, err := p.view.Get(p.key(k))
	if err != nil {
		return nil, err
	}
	b := &block{}
	if data != nil {
		if b, err = decodeBlock(data); err != nil {
			return nil, fmt.Errorf("%w: %s %s", err, p.m.inputs[k.input].series, k.start)
		}
	} else {
		p.fresh[k.input] = append(p.fresh[k.input], k.start)
	}
	p.blocks[k] = b
	return b, nil
}

// observe takes in the observations of one message.
func (p *part) observe(o *wire.Observations) error {
	n := len(o.GetSeries())
	if len(o.GetDims()) != n || len(o.GetArea()) != n || len(o.GetFreq()) != n || len(o.GetStart()) != n || len(o.GetValue()) != n || len(o.GetStatus()) != n || len(o.GetRow()) != n {
		return fmt.Errorf("observations of %s: columns differ in length", p.code)
	}
	v := o.GetVintage()
	// Inputs by the indexes of both dictionaries; -1 for what no indicator uses.
	width := len(o.GetDimsDict())
	inputs := make([]int32, len(o.GetSeriesDict())*width)
	for i, s := range o.GetSeriesDict() {
		for j, d := range o.GetDimsDict() {
			in, ok := p.m.byKey[inputKey{auyl.SeriesID(s), auyl.Dims(d)}]
			if !ok || p.m.inputs[in].event {
				in = -1
			}
			inputs[i*width+j] = in
		}
	}
	var lastKey blockKey
	var last *block
	r := row{origin: auyl.Origin(v.GetOrigin()), prec: precedence{rank: auyl.Rank(v.GetRank()), released: v.GetReleasedAtMs(), seq: v.GetRawSeq()}}
	for i := range n {
		if int(o.GetSeries()[i]) >= len(o.GetSeriesDict()) || int(o.GetDims()[i]) >= width {
			return fmt.Errorf("observations of %s: row %d: index outside of its dictionary", p.code, i)
		}
		in := inputs[int(o.GetSeries()[i])*width+int(o.GetDims()[i])]
		if in < 0 || !slices.Contains(p.m.inputs[in].freqs, auyl.Freq(o.GetFreq()[i])) {
			continue
		}
		k := blockKey{in, auyl.Freq(o.GetFreq()[i]), auyl.Day(o.GetStart()[i])}
		if last == nil || k != lastKey {
			b, err := p.block(k)
			if err != nil {
				return err
			}
			last, lastKey = b, k
		}
		last.seen = true
		r.area, r.value, r.status, r.prec.row = auyl.AreaCode(o.GetArea()[i]), auyl.Decimal(o.GetValue()[i]), auyl.Status(o.GetStatus()[i]), o.GetRow()[i]
		last.put(r)
	}
	return nil
}

// targets returns the cells that the changed blocks touch, in order.
func (p *part) targets() ([]target, error) {
	set := map[target]struct{}{}
	for _, n := range p.again {
		if err := p.allOf(n, set); err != nil {
			return nil, err
		}
	}
	for _, k := range sortedKeys(p.blocks) {
		if !p.blocks[k].moved {
			continue
		}
		in := &p.m.inputs[k.input]
		if in.kind != KindStock {
			for _, u := range in.uses {
				ind := &p.m.indicators[u.indicator]
				for _, period := range ind.terms[u.term].touched(in, ind.Freq, k.freq, k.start) {
					set[target{u.indicator, period}] = struct{}{}
				}
			}
			continue
		}
		touch := func(u int32, tm *term, reach auyl.Day) error {
			return p.periods(u, tm, k.start, k.start+reach, func(period auyl.Period) { set[target{u, period}] = struct{}{} })
		}
		for _, u := range in.uses {
			ind := &p.m.indicators[u.indicator]
			if err := touch(u.indicator, &ind.terms[u.term], ind.reach(in)); err != nil {
				return nil, err
			}
		}
		if k.input == p.m.population { // a weight is carried, whatever it weighs
			for u := range p.m.indicators {
				if err := touch(int32(u), &p.m.weight, in.maxAge); err != nil {
					return nil, err
				}
			}
		}
	}
	return slices.SortedFunc(maps.Keys(set), func(a, b target) int {
		return cmp.Or(cmp.Compare(a.indicator, b.indicator), cmp.Compare(a.period.Freq(), b.period.Freq()), cmp.Compare(a.period.Start(), b.period.Start()))
	}), nil
}

// periods calls f for the periods of an indicator that have cells and in which a
// term looks up a stock of a day in [from, to].
func (p *part) periods(indicator int32, tm *term, from, to auyl.Day, f func(auyl.Period)) error {
	// A period is at most a year long.
	within := func(driver *term) (auyl.Day, auyl.Day) { return from - 366 - driver.span(), to + 1 + tm.span() }
	return p.driven(&p.m.indicators[indicator], within, func(period auyl.Period) {
		if q, ok := tm.at(period); ok && asOf(q) >= from && asOf(q) <= to {
			f(period)
		}
	})
}

// driven calls f for the periods that the blocks of an indicator's drivers make: of
// each driver the blocks that begin in [from, to) of within.
func (p *part) driven(ind *indicator, within func(driver *term) (from, to auyl.Day), f func(auyl.Period)) error {
	for _, n := range ind.drivers {
		driver := &ind.terms[n]
		in := &p.m.inputs[driver.input]
		freqs := driver.freqs
		if in.kind == KindStock {
			freqs = []auyl.Freq{auyl.FreqDay}
		}
		from, to := within(driver)
		for _, freq := range freqs {
			days, err := p.days(driver.input, freq, from, to)
			if err != nil {
				return err
			}
			for _, d := range days {
				if period, ok := driver.base(in, ind.Freq, d); ok {
					f(period)
				}
			}
		}
	}
	return nil
}

// days returns the first days in [from, to) of the blocks of an input, ascending.
// The blocks it comes across are kept.
func (p *part) days(n int32, freq auyl.Freq, from, to auyl.Day) ([]auyl.Day, error) {
	var out []auyl.Day
	var bad error
	err := p.view.Scan(p.key(blockKey{n, freq, from}), p.key(blockKey{n, freq, to}), func(key, value []byte) bool {
		d := dayOfKey(key)
		out = append(out, d)
		if k := (blockKey{n, freq, d}); p.blocks[k] == nil {
			b, err := decodeBlock(value)
			if err != nil {
				bad = fmt.Errorf("%w: %s %s", err, p.m.inputs[n].series, d)
				return false
			}
			p.blocks[k] = b
		}
		return true
	})
	if err != nil || bad != nil {
		return nil, cmp.Or(err, bad)
	}
	for _, d := range p.fresh[n] {
		if b := p.blocks[blockKey{n, freq, d}]; d >= from && d < to && b != nil && len(b.rows) > 0 {
			out = append(out, d)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// compute returns the cells of a target, by area. They are valid until the next call.
func (p *part) compute(tg target) ([]cell, error) {
	ind := &p.m.indicators[tg.indicator]
	t := p.areas.tree(p.code, tg.period.LastDay(), auyl.LevelSettlement)
	if p.code.District() != p.code || p.code == p.code.Oblast() {
		// Of the oblast and the country only what was published for themselves.
		t = p.areas.tree(p.code, tg.period.LastDay(), auyl.LevelCountry)
	}
	if t == nil {
		return nil, nil // not in the registry: decoding has said so
	}
	cols := make([]operand, len(ind.terms))
	for i := range ind.terms {
		var err error
		if cols[i], err = p.operand(ind, &ind.terms[i], tg.period, t); err != nil {
			return nil, err
		}
	}
	var pop *column
	if p.m.population >= 0 {
		var err error
		if pop, err = p.column(&p.m.weight, tg.period, p.m.inputs[p.m.population].maxAge, t); err != nil {
			return nil, err
		}
	}
	values, err := p.valuesOf(ind, tg.period, t)
	if err != nil {
		return nil, err
	}
	return p.s.cellsOf(ind, t, cols, pop, values), nil
}

// step computes all that the frame touches in the partition. Cells of guarded
// indicators go to sealed.
func (p *part) step(open, sealed *cellWriter) (changes []auyl.Change, err error) {
	targets, err := p.targets()
	if err != nil {
		return nil, err
	}
	for _, tg := range targets {
		var now []cell
		if !p.gone[tg] {
			if now, err = p.compute(tg); err != nil {
				return nil, err
			}
		}
		again := slices.Contains(p.again, tg.indicator)
		if len(now) == 0 && !again {
			continue
		}
		key := appendPeriod(appendKey(keyCells, p.code, string(p.m.indicators[tg.indicator].ID)), tg.period.Freq(), tg.period.Start())
		data, err := p.view.Get(key)
		if err != nil {
			return nil, err
		}
		old, err := decodeStored(data)
		if err != nil {
			return nil, fmt.Errorf("%w: cells of %s %s", err, p.code, p.m.indicators[tg.indicator].ID)
		}
		if again {
			if now, err = old.withdrawn(&p.m.indicators[tg.indicator], now); err != nil {
				return nil, err
			}
		}
		out := open
		if p.m.indicators[tg.indicator].guarded() {
			out = sealed
		}
		changed, err := old.update(now, func(c *cell) error { return out.add(tg, c) })
		if err != nil {
			return nil, err
		}
		if changed {
			changes = append(changes, auyl.Change{Key: key, Value: old.encode()})
		}
	}
	for _, k := range sortedKeys(p.blocks) {
		if b := p.blocks[k]; b.dirty {
			changes = append(changes, auyl.Change{Key: p.key(k), Value: b.encode()})
		}
	}
	for _, k := range sortedKeys(p.sets) {
		if s := p.sets[k]; s.dirty {
			changes = append(changes, auyl.Change{Key: p.setKey(k), Value: s.encode()})
		}
	}
	return changes, cmp.Or(open.flush(), sealed.flush())
}

func sortedKeys[T any](m map[blockKey]T) []blockKey {
	return slices.SortedFunc(maps.Keys(m), func(a, b blockKey) int {
		return cmp.Or(cmp.Compare(a.input, b.input), cmp.Compare(a.freq, b.freq), cmp.Compare(a.start, b.start))
	})
}
