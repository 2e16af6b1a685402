package transform

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas/wire"
	"github.com/auyl-kz/auyl/transform/rollup"
)

// Oblast is the stage that adds districts up to their oblast. It keeps no state
// of its own and is safe for concurrent use.
type Oblast struct {
	m     *model
	areas *registry
	byID  map[auyl.IndicatorID]int32
	seal  *sealer
}

// NewOblastOf returns the stage for a model and the areas of the registry, which
// it keeps.
func NewOblastOf(def Model, areas []auyl.Area, opt Options) (*Oblast, error) {
	m, err := newModel(def)
	if err != nil {
		return nil, fmt.Errorf("oblast stage: %w", err)
	}
	seal, err := m.sealer(opt.Key)
	if err != nil {
		return nil, fmt.Errorf("oblast stage: %w", err)
	}
	o := &Oblast{m, newRegistry(areas), map[auyl.IndicatorID]int32{}, seal}
	for i := range m.indicators {
		o.byID[m.indicators[i].ID] = int32(i)
	}
	return o, nil
}

// oblastTarget names the cell of an oblast, or the country, that is computed.
type oblastTarget struct {
	code auyl.AreaCode
	target
}

// Apply computes what a frame of cells changes. It reads ind.d.* and ind.x.*
// and passes over all else.
func (o *Oblast) Apply(v auyl.View, in []auyl.Payload) (auyl.Step, error) {
	inputs := map[oblastTarget]*stored{}
	moved := map[oblastTarget]bool{}
	var vintage frameVintage
	for _, p := range in {
		text, sealed := strings.CutPrefix(p.Subject, subjectSealed)
		ok := sealed
		for _, prefix := range []string{subjectDistrict, subjectDirect} {
			if !ok {
				text, ok = strings.CutPrefix(p.Subject, prefix)
			}
		}
		if !ok {
			continue
		}
		code, err := auyl.ParseAreaCode(text)
		if err != nil {
			return auyl.Step{}, fmt.Errorf("subject %s: %w", p.Subject, err)
		}
		data := p.Data
		if sealed {
			if o.seal == nil {
				continue // no indicator is sensitive any more
			}
			if data, err = o.seal.open(p.Subject, data); err != nil {
				return auyl.Step{}, fmt.Errorf("%s: %w", p.Subject, err)
			}
		}
		var w wire.Cells
		if err := wire.Unmarshal(data, &w); err != nil {
			return auyl.Step{}, fmt.Errorf("%s: %w", p.Subject, err)
		}
		vintage.add(w.GetVintage())
		err = o.each(&w, code, sealed, func(tg target, c cell) error {
			t := oblastTarget{code.Oblast(), tg}
			s := inputs[t]
			if s == nil {
				data, err := v.Get(o.key(keyOblast, t))
				if err != nil {
					return err
				}
				old, err := decodeStored(data)
				if err != nil {
					return err
				}
				s = &old
				inputs[t] = s
			}
			if s.set(c.area, c.encode(nil)) {
				moved[t] = true
			}
			return nil
		})
		if err != nil {
			return auyl.Step{}, fmt.Errorf("%s: %w", p.Subject, err)
		}
	}
	order := slices.SortedFunc(maps.Keys(moved), func(a, b oblastTarget) int {
		return cmp.Or(cmp.Compare(a.code, b.code), cmp.Compare(a.indicator, b.indicator),
			cmp.Compare(a.period.Freq(), b.period.Freq()), cmp.Compare(a.period.Start(), b.period.Start()))
	})
	var step auyl.Step
	var out *cellWriter
	for i, t := range order {
		if i == 0 || order[i-1].code != t.code {
			out = &cellWriter{m: o.m, subject: subjectOblast + t.code.String(), vintage: vintage.v}
		}
		step.Changes = append(step.Changes, auyl.Change{Key: o.key(keyOblast, t), Value: inputs[t].encode()})
		c, ok, err := o.compute(t, inputs[t])
		if err != nil {
			return auyl.Step{}, err
		}
		ind := &o.m.indicators[t.indicator]
		var cells []cell
		if ok {
			cells = append(cells, c)
		}
		if ind.guarded() {
			own := &c
			if !ok {
				own = nil
			}
			if cells, err = o.protect(t, inputs[t], own); err != nil {
				return auyl.Step{}, err
			}
		}
		key := o.key(keyCells, t)
		last, err := v.Get(key)
		if err != nil {
			return auyl.Step{}, err
		}
		if len(cells) > 0 || last != nil {
			old, err := decodeStored(last)
			if err != nil {
				return auyl.Step{}, err
			}
			if !ok {
				if cells, err = old.withdrawn(ind, cells); err != nil {
					return auyl.Step{}, err
				}
			}
			changed, err := old.update(cells, func(c *cell) error { return out.add(t.target, c) })
			if err != nil {
				return auyl.Step{}, err
			}
			if changed {
				step.Changes = append(step.Changes, auyl.Change{Key: key, Value: old.encode()})
			}
		}
		if i == len(order)-1 || order[i+1].code != t.code {
			if err := out.flush(); err != nil {
				return auyl.Step{}, err
			}
			step.Out = append(step.Out, out.out...)
		}
	}
	return step, nil
}

func (o *Oblast) key(kind byte, t oblastTarget) []byte {
	return appendPeriod(appendKey(kind, t.code, string(o.m.indicators[t.indicator].ID)), t.period.Freq(), t.period.Start())
}

// each calls f for the rows of a message that are about the partition itself, or
// for all rows.
func (o *Oblast) each(w *wire.Cells, code auyl.AreaCode, all bool, f func(target, cell) error) error {
	n := len(w.GetIndicator())
	for _, l := range []int{
		len(w.GetArea()), len(w.GetLevel()), len(w.GetFreq()), len(w.GetStart()), len(w.GetValue()), len(w.GetHasValue()), len(w.GetNumerator()), len(w.GetDenominator()),
		len(w.GetCoverage()), len(w.GetStatus()), len(w.GetReason()), len(w.GetOrigin()), len(w.GetFormulaVersion()), len(w.GetBoundary()), len(w.GetWeightReported()),
		len(w.GetWeightTotal()), len(w.GetUnitsReported()), len(w.GetUnitsTotal()), len(w.GetWeighted()), len(w.GetDirect()),
	} {
		if l != n {
			return fmt.Errorf("cells: columns differ in length")
		}
	}
	if l := len(w.GetValues()); l != 0 && l != n {
		return fmt.Errorf("cells: %d rows, values of %d", n, l)
	}
	for i := range n {
		area := auyl.AreaCode(w.GetArea()[i])
		if area != code && !all {
			continue
		}
		if int(w.GetIndicator()[i]) >= len(w.GetIndicatorDict()) || int(w.GetReason()[i]) >= len(w.GetReasonDict()) || int(w.GetBoundary()[i]) >= len(w.GetBoundaryDict()) {
			return fmt.Errorf("cells: row %d: index outside of its dictionary", i)
		}
		ind, ok := o.byID[auyl.IndicatorID(w.GetIndicatorDict()[w.GetIndicator()[i]])]
		if !ok {
			continue
		}
		err := f(target{ind, auyl.NewPeriod(auyl.Freq(w.GetFreq()[i]), auyl.Day(w.GetStart()[i]))}, cell{
			area: area, level: auyl.Level(w.GetLevel()[i]), has: w.GetHasValue()[i], value: w.GetValue()[i],
			num: auyl.Decimal(w.GetNumerator()[i]), den: auyl.Decimal(w.GetDenominator()[i]), coverage: w.GetCoverage()[i],
			status: auyl.Status(w.GetStatus()[i]), reason: w.GetReasonDict()[w.GetReason()[i]], origin: auyl.Origin(w.GetOrigin()[i]),
			boundary: w.GetBoundaryDict()[w.GetBoundary()[i]], weightReported: w.GetWeightReported()[i], weightTotal: w.GetWeightTotal()[i],
			unitsReported: w.GetUnitsReported()[i], unitsTotal: w.GetUnitsTotal()[i], weighted: auyl.Decimal(w.GetWeighted()[i]),
			direct: w.GetDirect()[i] == 1, version: w.GetFormulaVersion()[i], values: valuesAt(w, i),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func valuesAt(w *wire.Cells, i int) []byte {
	if len(w.GetValues()) == 0 {
		return nil
	}
	return w.GetValues()[i]
}

// compute returns the cell of an oblast or the country; not ok if there is none.
func (o *Oblast) compute(t oblastTarget, in *stored) (cell, bool, error) {
	ind := &o.m.indicators[t.indicator]
	tr := o.areas.tree(t.code, t.period.LastDay(), auyl.LevelDistrict)
	if tr == nil {
		return cell{}, false, nil
	}
	totals := make([]rollup.Total, tr.Len())
	var self *cell
	origin := auyl.Origin(0)
	parts, incomplete := false, false
	known := make([]bool, tr.Len())
	var values *multiset
	for i, a := range in.areas {
		c, err := decodeCell(a, in.data[i])
		if err != nil {
			return cell{}, false, fmt.Errorf("%w: cells of %s %s", err, t.code, ind.ID)
		}
		if c.reason == reasonFormula {
			continue // nothing is said of it any more
		}
		if a == t.code {
			self = &c
			incomplete = incomplete || c.reason == rollup.ReasonIncompletePeriod
			if origin == 0 || c.origin < origin {
				origin = c.origin
			}
			continue
		}
		n := tr.node(a)
		if n < 0 {
			continue // on this day the code was not of this oblast
		}
		if origin == 0 || c.origin < origin {
			origin = c.origin
		}
		incomplete = incomplete || c.reason == rollup.ReasonIncompletePeriod
		m, err := decodeMultiset(c.values)
		if err != nil {
			return cell{}, false, fmt.Errorf("%w: values of %s %s", err, t.code, ind.ID)
		}
		values = values.merge(m)
		totals[n] = totalOf(ind, &c)
		known[n], parts = true, true
	}
	published := self != nil && self.direct && !self.status.Empty()
	// The figure of the area itself is passed on as it is where there is
	// nothing to add up.
	if ind.params.Rule == rollup.RuleDirect || ind.unit <= auyl.LevelOblast || t.code == auyl.CountryCode {
		if self == nil {
			return cell{}, false, nil
		}
		self.values = nil // nothing is above it
		return *self, true, nil
	}
	if self == nil && !parts {
		return cell{}, false, nil
	}
	for i := 1; i < tr.Len(); i++ {
		if !known[i] { // nothing was ever said of the district
			totals[i] = rollup.Total{Total: o.units(tr.codes[i], t.period, ind.unit), Flags: rollup.WeightUnknown}
		}
	}
	tr.Sum(totals, func(i int, sum *rollup.Total) *rollup.Total {
		if i != 0 || !published {
			return nil
		}
		r := totalOf(ind, self)
		r.Total = max(sum.Total, 1)
		r.Reported = r.Total
		return &r
	})
	c := makeCell(ind, &totals[0], published)
	c.area, c.level, c.boundary = t.code, tr.levels[0], tr.boundary
	if ind.params.Rule == rollup.RuleQuantile {
		if published {
			var err error
			if values, err = decodeMultiset(self.values); err != nil {
				return cell{}, false, fmt.Errorf("%w: values of %s %s", err, t.code, ind.ID)
			}
		}
		ind.spread(&c, values, false)
	}
	if c.reason == rollup.ReasonNoData && incomplete {
		c.reason = rollup.ReasonIncompletePeriod
	}
	if c.origin == 0 {
		c.origin = origin
	}
	return c, true, nil
}

// units counts the units of a district that has no cell.
func (o *Oblast) units(code auyl.AreaCode, p auyl.Period, level auyl.Level) int32 {
	t := o.areas.tree(code, p.LastDay(), auyl.LevelSettlement)
	if t == nil {
		return 1
	}
	return t.units[level][0]
}

// totalOf reads the sums back from a published cell.
func totalOf(ind *indicator, c *cell) rollup.Total {
	t := rollup.Total{Total: int32(c.unitsTotal), Reported: int32(c.unitsReported), Origin: c.origin}
	if c.weightTotal < 0 {
		t.Flags |= rollup.WeightUnknown
	} else {
		t.WeightReported, t.WeightTotal = auyl.Decimal(c.weightReported)*auyl.DecimalOne, auyl.Decimal(c.weightTotal)*auyl.DecimalOne
	}
	if c.direct {
		t.Flags |= rollup.Direct
	}
	if t.Reported == 0 {
		return t
	}
	weighted := ind.params.Rule == rollup.RuleWeighted
	// A mean of which no weight is known has no parts and adds none.
	unweighed := weighted && c.weightTotal < 0 && c.has&hasDenominator == 0 && c.reason != rollup.ReasonOverflow
	if c.has&hasNumerator == 0 && !unweighed {
		t.Flags |= rollup.Overflow
	}
	// A low coverage makes a cell an estimate too; that is judged anew above.
	if c.status != auyl.StatusEstimated || c.coverage >= ind.Full {
		t.Flags |= rollup.FlagOf(c.status)
	}
	t.Num, t.Den, t.Min, t.Max = c.num, c.den, c.num, c.num
	if weighted {
		t.Weighted = c.weighted.Float64()
		switch {
		case !c.direct && c.level >= ind.unit && c.weightReported <= 0:
			// The parts of a unit that nothing weighs are its own, no weights.
		case !c.direct:
			t.WeightDen = c.den
		case !ind.ratio() || c.den != 0:
			t.WeightDen = t.WeightReported
		}
	}
	return t
}
