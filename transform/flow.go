package transform

import (
	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/transform/rollup"
)

// operand is a term of a formula in one period: a figure for each area, or one
// for all.
type operand struct {
	col   *column // nil where value stands for all areas
	value auyl.Decimal
	ok    bool
}

// operand looks a term up.
func (p *part) operand(ind *indicator, tm *term, period auyl.Period, t *tree) (operand, error) {
	if tm.input >= 0 {
		c, err := p.column(tm, period, ind.reach(&p.m.inputs[tm.input]), t)
		return operand{col: c}, err
	}
	at, ok := tm.at(period)
	if !ok {
		return operand{}, nil
	}
	if tm.param != nil {
		v, ok := tm.param.on(at.LastDay())
		return operand{value: v, ok: ok}, nil
	}
	return operand{value: fact(tm.calendar, at), ok: true}, nil
}

// flow fills a column with the figures of a period: those of the period itself,
// else the sums of its parts where all of them are there.
func (p *part) flow(c *column, tm *term, at auyl.Period, t *tree) error {
	if p.m.inputs[tm.input].cumulative {
		return p.since(c, tm, at, t)
	}
	if !tm.ytd {
		return p.within(c, tm, at, t)
	}
	year := auyl.NewPeriod(auyl.FreqYear, at.Start())
	var sum *column
	for q := auyl.NewPeriod(at.Freq(), year.Start()); q.Start() <= at.Start(); q = q.Shift(1) {
		part := &column{vals: make([]val, t.Len())}
		if err := p.within(part, tm, q, t); err != nil {
			return err
		}
		sum = sum.plus(part)
		if q == at { // what is said of a period is what is said within it
			for i := range part.vals {
				sum.vals[i].seen = part.vals[i].seen
			}
		}
	}
	sum.settle()
	*c = *sum
	return nil
}

// within fills a column with the figures of one period.
func (p *part) within(c *column, tm *term, at auyl.Period, t *tree) error {
	in := &p.m.inputs[tm.input]
	for i, f := range tm.freqs {
		var sum *column
		for q := auyl.NewPeriod(f, at.Start()); q.Start() < at.End(); q = q.Shift(1) {
			b, err := p.block(blockKey{tm.input, f, q.Start()})
			if err != nil {
				return err
			}
			part := &column{vals: make([]val, t.Len())}
			if in.event {
				part.count(b, t, in.level)
			} else {
				part.take(b, t)
			}
			sum = sum.plus(part)
		}
		sum.settle()
		if i == 0 {
			*c = *sum
			continue
		}
		c.fill(sum)
	}
	return nil
}

// since fills a column with a period's share of a flow that is reported from
// 1 January on: what stands at its end less what stood at its start.
func (p *part) since(c *column, tm *term, at auyl.Period, t *tree) error {
	*c = column{vals: make([]val, t.Len())}
	if err := p.standing(c, tm, at.LastDay(), t); err != nil {
		return err
	}
	if !tm.ytd && !january(at) {
		before := &column{vals: make([]val, t.Len())}
		if err := p.standing(before, tm, at.Start()-1, t); err != nil {
			return err
		}
		for i := range c.vals {
			w := &before.vals[i]
			w.seen, w.value = false, -w.value
		}
		c = c.plus(before)
	}
	// A period of which only the beginning was reported is one that is known of.
	for _, f := range tm.freqs {
		for q := auyl.NewPeriod(f, at.Start()); q.End() < at.End(); q = q.Shift(1) {
			b, err := p.block(blockKey{tm.input, f, q.Start()})
			if err != nil {
				return err
			}
			part := &column{vals: make([]val, t.Len())}
			part.take(b, t)
			c.came(part.origin)
			for i := range part.vals {
				v := &c.vals[i]
				v.seen = v.seen || part.vals[i].seen
				v.partial = v.partial || part.vals[i].ok && !v.ok
			}
		}
	}
	c.settle()
	return nil
}

// standing fills a column with what was reported from 1 January to a day.
func (p *part) standing(c *column, tm *term, day auyl.Day, t *tree) error {
	for _, f := range tm.freqs {
		b, err := p.block(blockKey{tm.input, f, auyl.NewPeriod(f, day).Start()})
		if err != nil {
			return err
		}
		c.take(b, t)
	}
	return nil
}

// plus adds the next part of a period to the parts before it, nil for none. A
// figure is one as long as all parts are there.
func (c *column) plus(x *column) *column {
	if c == nil {
		return x
	}
	c.came(x.origin)
	for i := range c.vals {
		v, w := &c.vals[i], &x.vals[i]
		v.partial = v.partial || w.partial || v.ok != w.ok
		v.seen = v.seen || w.seen
		v.secret = v.secret || w.secret
		if v.ok = v.ok && w.ok; !v.ok {
			continue
		}
		s, err := v.value.Add(w.value)
		if err != nil {
			v.flags |= rollup.Overflow
		}
		v.value = s
		v.flags |= w.flags
		v.origin = max(v.origin, w.origin)
	}
	return c
}

// settle clears what an incomplete sum leaves behind.
func (c *column) settle() {
	for i := range c.vals {
		v := &c.vals[i]
		v.own = v.ok
		if !v.ok {
			v.value, v.flags, v.origin = 0, 0, 0
		} else {
			v.secret = false
		}
	}
}

// fill takes from x the areas that have no figure yet.
func (c *column) fill(x *column) {
	c.came(x.origin)
	for i := range c.vals {
		v, w := &c.vals[i], x.vals[i]
		w.seen = v.seen || w.seen
		if v.ok {
			v.seen = w.seen
			continue
		}
		w.secret = !w.ok && (v.secret || w.secret)
		w.partial = !w.ok && (v.partial || w.partial)
		*v = w
	}
}
