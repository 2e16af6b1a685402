package transform

import (
	"slices"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/transform/rollup"
)

// val is what is known of an input for one area.
type val struct {
	value           auyl.Decimal
	reported, total int32 // areas of the native level that the value holds, and that there are
	origin          auyl.Origin
	flags           rollup.Flags
	ok              bool // there is a value
	own             bool // it was reported for the area itself
	seen            bool // somebody said something of the area, if only that there is nothing
	secret          bool // what was said is that it is confidential
	partial         bool // of the parts of a period some are there and some are not
}

// column is an input for all areas of a tree at one period: for each area its
// own figure, or else the sum of what lies below it.
type column struct {
	vals   []val
	origin auyl.Origin // real if anything of it is
}

// column returns an input as a term of a cell of the period uses it. A stock is
// carried forward for at most reach days.
func (p *part) column(tm *term, period auyl.Period, reach auyl.Day, t *tree) (*column, error) {
	in := &p.m.inputs[tm.input]
	at, ok := tm.at(period)
	key := colKey{blockKey{tm.input, at.Freq(), at.Start()}, reach, tm.ytd, t}
	switch {
	case !ok:
		key.freq = 0 // there is no such period: nothing is known of it
	case in.kind == KindStock:
		key.freq, key.start = auyl.FreqDay, asOf(at)
	}
	if c := p.cols[key]; c != nil {
		return c, nil
	}
	c := &column{}
	var err error
	switch {
	case !ok:
		c.vals = make([]val, t.Len())
	case in.kind == KindStock:
		c.vals = make([]val, t.Len())
		err = p.carry(c, key.blockKey, reach, t)
	default:
		err = p.flow(c, tm, at, t)
	}
	if err != nil {
		return nil, err
	}
	c.sum(t, in.level)
	p.cols[key] = c
	return c, nil
}

// carry fills a column with the newest stock known on a day.
func (p *part) carry(c *column, k blockKey, reach auyl.Day, t *tree) error {
	days, err := p.days(k.input, auyl.FreqDay, k.start-reach, k.start+1)
	if err != nil {
		return err
	}
	for _, day := range slices.Backward(days) {
		b, err := p.block(blockKey{k.input, auyl.FreqDay, day})
		if err != nil {
			return err
		}
		c.take(b, t)
	}
	return nil
}

// take fills areas that have no value yet.
func (c *column) take(b *block, t *tree) {
	j := 0
	for k := range b.rows {
		r := &b.rows[k]
		for j < len(t.sorted) && t.codes[t.sorted[j]] < r.area {
			j++
		}
		if j == len(t.sorted) {
			return
		}
		i := t.sorted[j]
		if t.codes[i] != r.area {
			continue
		}
		v := &c.vals[i]
		c.came(r.origin)
		if v.own {
			continue
		}
		v.secret = !v.seen && r.status == auyl.StatusConfidential || v.secret
		v.seen = true
		if r.status.Empty() {
			continue
		}
		v.value, v.origin, v.flags = r.value, r.origin, rollup.FlagOf(r.status)
		v.ok, v.own = true, true
	}
}

func (c *column) came(o auyl.Origin) {
	if c.origin == 0 || o != 0 && o < c.origin {
		c.origin = o
	}
}

// count fills areas from events. A register of events is complete for the
// partition and window as soon as one event of its kind is known there: where
// nothing happened there is a true zero.
func (c *column) count(b *block, t *tree, level auyl.Level) {
	known, origin := int64(0), auyl.Origin(0)
	for _, r := range b.rows {
		known += int64(int32(r.prec.row))
		origin = max(origin, r.origin)
		c.came(r.origin)
	}
	for i := range c.vals {
		if t.unit[level][i] {
			v := &c.vals[i]
			v.seen = len(b.rows) > 0
			v.ok, v.own, v.origin = known > 0, known > 0, origin
		}
	}
	if known <= 0 {
		return
	}
	for _, r := range b.rows {
		if i := t.node(r.area); i >= 0 {
			c.vals[t.up(i, level)].value += r.value
		}
	}
}

// sum gives each area above the native level the sum of what lies below it,
// unless it has a figure of its own.
func (c *column) sum(t *tree, level auyl.Level) {
	for i := len(c.vals) - 1; i >= 0; i-- {
		v := &c.vals[i]
		v.total = t.units[level][i]
		switch {
		case t.levels[i] > level:
			v.total = 1
			v.reported = int32(bit(v.own))
			continue // below the level at which the series is reported
		case v.own:
			v.total = max(v.total, 1)
			v.reported = v.total
		}
		p := t.parents[i]
		if p < 0 {
			continue
		}
		up := &c.vals[p]
		up.partial = up.partial || v.partial
		if !v.ok {
			continue
		}
		if up.own {
			continue
		}
		s, err := up.value.Add(v.value)
		if err != nil {
			up.flags |= rollup.Overflow
		}
		up.value, up.ok = s, true
		up.reported += v.reported
		up.flags |= v.flags
		up.origin = max(up.origin, v.origin)
	}
}
