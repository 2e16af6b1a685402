package transform

import (
	"errors"
	"fmt"

	auyl "github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/transform/disclosure"
	"github.com/auyl-kz/auyl/transform/rollup"
)

// ParameterDisclosure is the least count of persons of a cell that is shown,
// where its indicator says no other.
const ParameterDisclosure = "disclosure_k"

// Reasons of cells that are suppressed, with status C.
const (
	ReasonPrimary   = "disclosure_primary"   // of fewer persons than the threshold
	ReasonSecondary = "disclosure_secondary" // shown, it would give another away
)

// Disclosure says which counts of a sensitive indicator may be of too few.
type Disclosure struct {
	Numerator   bool         // it counts persons
	Denominator bool         // it counts persons
	Minimum     auyl.Decimal // the least that is shown; zero stands for the parameter disclosure_k
}

// guarded reports whether cells are shown only if enough persons are behind them.
func (ind *indicator) guarded() bool { return ind.Disclosure != nil }

// guard holds a guarded indicator to what can be protected.
func (m *model) guard(ind *indicator) error {
	d := ind.Disclosure
	if d == nil {
		return nil
	}
	switch rule := ind.params.Rule; {
	case rule != rollup.RuleSum && rule != rollup.RuleRatio && rule != rollup.RuleLast:
		return fmt.Errorf("roll-up %s: only sums and ratios of sums can be protected against disclosure", ind.Rollup)
	case d.Denominator && !ind.ratio():
		return errors.New("disclosure counts a denominator, and there is none")
	case d.Minimum == 0 && m.parameters[ParameterDisclosure] == nil:
		return fmt.Errorf("disclosure has no minimum, and there is no parameter %s", ParameterDisclosure)
	}
	return nil
}

// sealer returns what seals cells of guarded indicators; nil if there are none.
func (m *model) sealer(key []byte) (*sealer, error) {
	for i := range m.indicators {
		if m.indicators[i].guarded() {
			s, err := newSealer(key)
			if err != nil {
				return nil, fmt.Errorf("indicator %s is sensitive: %w", m.indicators[i].ID, err)
			}
			return s, nil
		}
	}
	return nil, nil //nolint:nilnil // there is nothing to seal
}

// minimum is the least count that is shown in a period; the first value of the
// parameter holds before it, too.
func (m *model) minimum(ind *indicator, p auyl.Period) auyl.Decimal {
	if k := ind.Disclosure.Minimum; k != 0 {
		return k
	}
	par := m.parameters[ParameterDisclosure]
	if k, ok := par.on(p.LastDay()); ok {
		return k
	}
	return par.Values[0].Value
}

// protect returns the cells of an oblast, or the country, and of all below it as
// they are shown, by area: own is the cell of the area itself, in what the
// districts computed of all others.
func (o *Oblast) protect(t oblastTarget, in *stored, own *cell) ([]cell, error) {
	ind := &o.m.indicators[t.indicator]
	depth := auyl.LevelSettlement
	if t.code == auyl.CountryCode {
		depth = auyl.LevelCountry // of the country only what was published for itself
	}
	tr := o.areas.tree(t.code, t.period.LastDay(), depth)
	cells := make([]cell, 0, len(in.areas)+1)
	placed := own == nil
	for i, a := range in.areas {
		if own != nil && a >= t.code && !placed {
			cells, placed = append(cells, *own), true
		}
		if own != nil && a == t.code {
			continue
		}
		c, err := decodeCell(a, in.data[i])
		if err != nil {
			return nil, fmt.Errorf("%w: cells of %s %s", err, t.code, ind.ID)
		}
		cells = append(cells, c)
	}
	if !placed {
		cells = append(cells, *own)
	}
	tree, order := treeOf(tr, cells)
	k := o.m.minimum(ind, t.period)
	tree.K, tree.One = float64(k), float64(min(auyl.DecimalOne, k))
	count := func(figure byte, value func(*cell) auyl.Decimal) {
		c := disclosure.Counts{Values: make([]float64, len(order)), There: make([]bool, len(order))}
		for i, n := range order {
			if cells[n].has&figure != 0 {
				c.Values[i], c.There[i] = float64(value(&cells[n])), true
			}
		}
		tree.Tables = append(tree.Tables, c)
	}
	if ind.Disclosure.Numerator {
		count(hasNumerator, func(c *cell) auyl.Decimal { return c.num })
	}
	if ind.Disclosure.Denominator {
		count(hasDenominator, func(c *cell) auyl.Decimal { return c.den })
	}
	for i, m := range tree.Protect() {
		c := &cells[order[i]]
		c.values = nil // nothing is above it
		switch m {
		case disclosure.Open:
		case disclosure.Primary:
			c.suppress(ReasonPrimary)
		case disclosure.Secondary:
			c.suppress(ReasonSecondary)
		}
	}
	return cells, nil
}

// treeOf puts cells into a tree, parents first, and says which cell stands at
// each place. A cell hangs below the nearest area that has one; what is not below
// the root on this day stands alone.
func treeOf(tr *tree, cells []cell) (out disclosure.Tree, order []int) {
	out.Parents = make([]int32, 0, len(cells))
	order = make([]int, 0, len(cells))
	if tr == nil {
		for i := range cells {
			out.Parents, order = append(out.Parents, -1), append(order, i)
		}
		return out, order
	}
	at := make([]int, tr.Len()) // cell of each node and one; zero for none
	for i := range cells {
		if n := tr.node(cells[i].area); n >= 0 {
			at[n] = i + 1
		} else {
			out.Parents, order = append(out.Parents, -1), append(order, i)
		}
	}
	place := make([]int32, tr.Len())
	for n := range at { // parents come first
		up := int32(-1)
		if p := tr.parents[n]; p >= 0 {
			up = place[p]
		}
		place[n] = up
		if at[n] > 0 {
			place[n] = int32(len(order))
			out.Parents, order = append(out.Parents, up), append(order, at[n]-1)
		}
	}
	return out, order
}

// suppress takes all figures out of a cell, also those that say from how much it
// was made: what is left says which cell it is, and why it is empty.
func (c *cell) suppress(reason string) {
	*c = cell{
		area: c.area, level: c.level, status: auyl.StatusConfidential, reason: reason, origin: c.origin, boundary: c.boundary,
		weightReported: -1, weightTotal: -1, version: c.version,
	}
}
