package transform

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
)

// RecomputeSubject is where DATA says that all cells of some indicators are to be
// computed again, since their formulas changed: an Observations without a row that
// names the indicators in series_dict. Its vintage is that of the cells that come
// of it.
const RecomputeSubject = "obs.recompute"

// recompute computes all cells of indicators again, in every partition, from the
// figures that are kept. Only those that changed are published: under a new version
// of the formula those are all.
func (d *District) recompute(v auyl.View, o *wire.Observations) (auyl.Step, error) {
	var ids []int32
	for i := range d.m.indicators {
		if slices.Contains(o.GetSeriesDict(), string(d.m.indicators[i].ID)) {
			ids = append(ids, int32(i))
		}
	}
	codes := map[auyl.AreaCode]struct{}{}
	for code := range d.areas.byCode {
		codes[code.District()] = struct{}{}
	}
	out, err := d.partitions(codes, func(code auyl.AreaCode) (auyl.Step, error) {
		p := newPart(d.m, d.areas, v, code)
		p.again = ids
		return d.step(p, code, o.GetVintage())
	})
	if err != nil {
		return auyl.Step{}, fmt.Errorf("recompute %v: %w", o.GetSeriesDict(), err)
	}
	return out, nil
}

// allOf adds all cells that an indicator has in the partition: those that its
// formula makes, and those that an older one has made.
func (p *part) allOf(indicator int32, set map[target]struct{}) error {
	ind := &p.m.indicators[indicator]
	err := p.driven(ind, func(*term) (from, to auyl.Day) { return math.MinInt32, math.MaxInt32 }, func(period auyl.Period) {
		set[target{indicator, period}] = struct{}{}
	})
	if err != nil {
		return err
	}
	cells := appendKey(keyCells, p.code, string(ind.ID))
	return p.view.Scan(appendPeriod(slices.Clone(cells), ind.Freq, math.MinInt32), appendPeriod(slices.Clone(cells), ind.Freq, math.MaxInt32), func(key, _ []byte) bool {
		tg := target{indicator, auyl.NewPeriod(ind.Freq, dayOfKey(key))}
		if _, ok := set[tg]; !ok { // a period that the formula does not make
			set[tg] = struct{}{}
			if p.gone == nil {
				p.gone = map[target]bool{}
			}
			p.gone[tg] = true
		}
		return true
	})
}

// reasonFormula is why a cell is empty that an older formula made, and for which
// the one that is in force has nothing to look up.
const reasonFormula = "formula_changed"

// withdrawn adds to the cells of a formula an empty one for each area of which an
// older formula has published something and this one says nothing.
func (s *stored) withdrawn(ind *indicator, now []cell) ([]cell, error) {
	out := slices.Clone(now)
	for i, a := range s.areas {
		if slices.ContainsFunc(now, func(c cell) bool { return c.area == a }) {
			continue
		}
		was, err := decodeCell(a, s.data[i])
		if err != nil {
			return nil, fmt.Errorf("%w: cells of %s", err, ind.ID)
		}
		out = append(out, cell{
			area: a, level: was.level, origin: was.origin, boundary: was.boundary, version: ind.Version,
			status: auyl.StatusMissing, reason: reasonFormula, weightReported: -1, weightTotal: -1,
		})
	}
	slices.SortFunc(out, func(a, b cell) int { return cmp.Compare(a.area, b.area) })
	return out, nil
}

// Kept lists what a stage of districts keeps for a model: series, dimensions and
// frequency. What a formula needs beyond that was not kept while it was not asked
// for, and has to be computed from the beginning.
func Kept(def Model) ([]string, error) {
	m, err := newModel(def)
	if err != nil {
		return nil, fmt.Errorf("what is kept: %w", err)
	}
	var out []string
	for i := range m.inputs {
		in := &m.inputs[i]
		values := ""
		if in.values {
			values = " values"
		}
		for _, f := range in.freqs {
			out = append(out, fmt.Sprintf("%s [%s] %s%s", in.series, in.dims, f, values))
		}
	}
	slices.Sort(out)
	return out, nil
}
