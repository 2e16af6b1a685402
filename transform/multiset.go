package transform

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/transform/rollup"
)

// Limits of the values of one cell. What is above them is an overflow and no
// figure, since a message has to carry the values to the oblast.
const (
	maxValues     = 1_000_000
	maxValueBytes = 256 << 10 // 60 thousand different values or more
)

// multiset is values with how often each is there, in order. Unlike a quantile it
// can be added up, and a value that was taken back can be taken out.
type multiset struct {
	values []auyl.Decimal
	counts []int64
	n      int64 // sum of counts
}

// add puts a value in so many times, or takes it out. What is not there cannot
// be taken out.
func (m *multiset) add(v auyl.Decimal, times int64) {
	i, ok := slices.BinarySearch(m.values, v)
	if !ok {
		if times > 0 {
			m.values, m.counts = slices.Insert(m.values, i, v), slices.Insert(m.counts, i, times)
			m.n += times
		}
		return
	}
	times = max(times, -m.counts[i])
	m.n += times
	if m.counts[i] += times; m.counts[i] == 0 {
		m.values, m.counts = slices.Delete(m.values, i, i+1), slices.Delete(m.counts, i, i+1)
	}
}

// merge returns all values of both.
func (m *multiset) merge(o *multiset) *multiset {
	if m == nil || m.n == 0 {
		return o
	}
	if o == nil || o.n == 0 {
		return m
	}
	size := len(m.values) + len(o.values)
	out := &multiset{values: make([]auyl.Decimal, 0, size), counts: make([]int64, 0, size), n: m.n + o.n}
	i, j := 0, 0
	for i < len(m.values) || j < len(o.values) {
		switch {
		case j == len(o.values) || i < len(m.values) && m.values[i] < o.values[j]:
			out.values, out.counts = append(out.values, m.values[i]), append(out.counts, m.counts[i])
			i++
		case i == len(m.values) || o.values[j] < m.values[i]:
			out.values, out.counts = append(out.values, o.values[j]), append(out.counts, o.counts[j])
			j++
		default:
			out.values, out.counts = append(out.values, m.values[i]), append(out.counts, m.counts[i]+o.counts[j])
			i++
			j++
		}
	}
	return out
}

// at returns the k-th smallest value, from 0.
func (m *multiset) at(k int64) float64 {
	for i, c := range m.counts {
		if k -= c; k < 0 {
			return m.values[i].Float64()
		}
	}
	return 0
}

// quantile returns the value below which a share q lies, straight between the
// two nearest: type 7 of Hyndman and Fan. m is not empty.
func (m *multiset) quantile(q float64) float64 {
	h := float64(m.n-1) * q
	low := math.Floor(h)
	k := min(max(int64(low), 0), m.n-1)
	a, b := m.at(k), m.at(min(k+1, m.n-1))
	return a + float64((h-low)*(b-a)) // no fused multiply: the same bits everywhere
}

func (m *multiset) encode() []byte {
	if m == nil || m.n == 0 {
		return nil
	}
	out := binary.AppendUvarint(make([]byte, 0, 8+4*len(m.values)), uint64(len(m.values)))
	last := auyl.Decimal(0)
	for i, v := range m.values {
		out = binary.AppendVarint(out, int64(v-last))
		out = binary.AppendUvarint(out, uint64(m.counts[i]))
		last = v
	}
	return out
}

func decodeMultiset(b []byte) (*multiset, error) {
	m := &multiset{}
	if len(b) == 0 {
		return m, nil
	}
	d := decoder{b: b}
	n := d.count(2)
	last := auyl.Decimal(0)
	for i := range n {
		v, c := last+auyl.Decimal(d.varint()), d.uvarint()
		if d.bad || i > 0 && v <= last || c == 0 || c > math.MaxInt32 {
			return nil, errBlock
		}
		m.values, m.counts = append(m.values, v), append(m.counts, int64(c))
		m.n += int64(c)
		last = v
	}
	if d.bad || len(d.b) > 0 {
		return nil, errBlock
	}
	return m, nil
}

// sets is the values of the areas of a block.
type sets struct {
	byArea map[auyl.AreaCode]*multiset
	dirty  bool
}

func (s *sets) add(a auyl.AreaCode, v auyl.Decimal, times int32) {
	m := s.byArea[a]
	if m == nil {
		m = &multiset{}
		s.byArea[a] = m
	}
	m.add(v, int64(times))
	s.dirty = true
}

func (s *sets) encode() []byte {
	var out stored
	for _, a := range slices.Sorted(maps.Keys(s.byArea)) {
		if m := s.byArea[a]; m.n > 0 {
			out.areas, out.data = append(out.areas, a), append(out.data, m.encode())
		}
	}
	return out.encode()
}

func decodeSets(b []byte) (*sets, error) {
	in, err := decodeStored(b)
	if err != nil {
		return nil, err
	}
	s := &sets{byArea: map[auyl.AreaCode]*multiset{}}
	for i, a := range in.areas {
		if s.byArea[a], err = decodeMultiset(in.data[i]); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// setKey is the key of the values of a block.
func (p *part) setKey(k blockKey) []byte {
	key := p.key(k)
	key[0] = keyValues
	return key
}

// set returns the values of a block.
func (p *part) set(k blockKey) (*sets, error) {
	if s := p.sets[k]; s != nil {
		return s, nil
	}
	data, err := p.view.Get(p.setKey(k))
	if err != nil {
		return nil, err
	}
	s, err := decodeSets(data)
	if err != nil {
		return nil, err
	}
	p.sets[k] = s
	return s, nil
}

// valuesOf returns the values of a period of the areas of a tree, those of all
// below in each; nil for an indicator that needs none.
func (p *part) valuesOf(ind *indicator, at auyl.Period, t *tree) ([]*multiset, error) {
	if ind.params.Rule != rollup.RuleQuantile {
		return nil, nil
	}
	tm := &ind.terms[ind.numTerms[0]]
	in := &p.m.inputs[tm.input]
	out := make([]*multiset, t.Len())
	for _, f := range tm.freqs {
		for q := auyl.NewPeriod(f, at.Start()); q.Start() < at.End(); q = q.Shift(1) {
			s, err := p.set(blockKey{tm.input, f, q.Start()})
			if err != nil {
				return nil, err
			}
			for a, m := range s.byArea {
				if i := t.node(a); i >= 0 {
					i = t.up(i, in.level)
					out[i] = out[i].merge(m)
				}
			}
		}
	}
	for i := t.Len() - 1; i > 0; i-- {
		up := t.parents[i]
		out[up] = out[up].merge(out[i])
	}
	return out, nil
}

// spread puts the quantile of its values into a cell whose numerator is how many
// there are. keep lets the values go up with it.
func (ind *indicator) spread(c *cell, m *multiset, keep bool) {
	if c.has&hasNumerator == 0 {
		return
	}
	empty := func(reason string) {
		c.value, c.has = 0, c.has&^hasValue
		c.status, c.reason = auyl.StatusMissing, reason
	}
	data := m.encode()
	switch {
	case m != nil && m.n > maxValues, len(data) > maxValueBytes:
		empty(rollup.ReasonOverflow)
		c.num, c.has = 0, c.has&^hasNumerator // for the area above: an overflow
		return
	case c.status.Empty(): // too few units reported, but the area above counts them
	case m == nil || m.n == 0:
		empty(rollup.ReasonDenominatorZero)
	default:
		c.value = ind.Factor * m.quantile(ind.Quantile)
	}
	if keep {
		c.values = data
	}
}
