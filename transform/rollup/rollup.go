// Package rollup adds up what units reported to the areas above them and says
// how much of an area that is. It is arithmetic alone: it knows neither series
// nor indicators, and its sums are exact, so that neither the order of units
// nor their grouping can change a digit (weighted means are floats, added in
// the order of the tree).
//
// Coverage is the share of the population that lives in units that reported;
// where a unit's population is not known, or nobody lives there, it is the
// share of units. A unit reports when all parts of its formula are there.
package rollup

import (
	"errors"
	"math"

	auyl "github.com/auyl-kz/auyl"
)

// ErrTree says that a tree is not one.
var ErrTree = errors.New("parents must come before their children")

// Tree is the areas of a partition, parents before children.
type Tree struct {
	parent []int32 // -1 for a root
}

// NewTree takes the index of each node's parent, -1 for none. Errors: ErrTree.
func NewTree(parent []int32) (Tree, error) {
	for i, p := range parent {
		if int(p) >= i || p < -1 {
			return Tree{}, ErrTree
		}
	}
	return Tree{parent}, nil
}

// Len is the number of nodes.
func (t Tree) Len() int { return len(t.parent) }

// Total is what is known of one area: of a unit what it reported, of an area
// above units their sum. The zero value is an area without units.
type Total struct {
	Num, Den       auyl.Decimal // sums over units that reported
	WeightReported auyl.Decimal // population of those
	WeightTotal    auyl.Decimal // population of all units
	WeightDen      auyl.Decimal // population of those with a denominator above 0, for weighted means
	Weighted       float64      // Σ population × unit value over the same units
	Min, Max       auyl.Decimal // of Num over units that reported
	Reported       int32        // units
	Total          int32
	Flags          Flags
	Origin         auyl.Origin // the strongest of the inputs; 0 if there are none
}

// Flags are facts that an area inherits from any of its units.
type Flags uint8

// The flags.
const (
	WeightUnknown Flags = 1 << iota // the population of a unit is not known
	Overflow                        // a sum left the range of decimals
	Estimated                       // some input is estimated or imputed
	Provisional                     // some input is provisional
	Break                           // some input is the first after a break
	Direct                          // the figure was published for the area itself
)

// FlagOf returns the flag of an input's status, 0 for a normal one.
func FlagOf(s auyl.Status) Flags {
	switch s {
	case auyl.StatusEstimated, auyl.StatusImputed:
		return Estimated
	case auyl.StatusProvisional:
		return Provisional
	case auyl.StatusBreak:
		return Break
	default:
		return 0
	}
}

// inherited flags pass to the area above.
const inherited = WeightUnknown | Overflow | Estimated | Provisional | Break

// Add adds one part of an area to it.
func (t *Total) Add(u *Total) {
	over := false
	add := func(a *auyl.Decimal, b auyl.Decimal) {
		s := *a + b
		over = over || (s > *a) != (b > 0) && b != 0
		*a = s
	}
	t.Total += u.Total
	t.Flags |= u.Flags & inherited
	add(&t.WeightTotal, u.WeightTotal)
	if u.Reported > 0 {
		if t.Reported == 0 {
			t.Min, t.Max = u.Min, u.Max
		} else {
			t.Min, t.Max = min(t.Min, u.Min), max(t.Max, u.Max)
		}
		add(&t.Num, u.Num)
		add(&t.Den, u.Den)
		add(&t.WeightReported, u.WeightReported)
		add(&t.WeightDen, u.WeightDen)
		t.Weighted += u.Weighted
		t.Reported += u.Reported
		t.Origin = max(t.Origin, u.Origin)
	}
	if over {
		t.Flags |= Overflow
	}
}

// Sum adds all nodes to the nodes above them, in place. totals has one element
// a node: filled for units, zero for areas above them. A node that replaces
// says what a source published for an area above the units: it stands instead
// of what lies below, and the areas above are summed with it. replace may be
// nil or return nil for "nothing published".
func (t Tree) Sum(totals []Total, replace func(node int, sum *Total) *Total) {
	for i := len(t.parent) - 1; i >= 0; i-- {
		if replace != nil {
			if r := replace(i, &totals[i]); r != nil {
				totals[i] = *r
			}
		}
		if p := t.parent[i]; p >= 0 {
			totals[p].Add(&totals[i])
		}
	}
}

// Rule is how the value of an area is made of its sums.
type Rule uint8

// The rules.
const (
	RuleSum      Rule = iota + 1 // factor · Σnum
	RuleRatio                    // factor · Σnum / Σden
	RuleWeighted                 // Σ population·value / Σ population
	RuleLast                     // as RuleSum; the inputs are stocks
	RuleMin                      // factor · smallest num
	RuleMax                      // factor · largest num
	RuleDirect                   // factor · num, never summed
	RuleQuantile                 // of the values of all units, which are not here: num counts them
)

// Reasons of empty cells.
const (
	ReasonNoData          = "no_data"
	ReasonCoverage        = "coverage"
	ReasonDenominatorZero = "denominator_zero"
	ReasonWeightZero      = "weight_zero"
	ReasonConfidential    = "confidential"
	ReasonOverflow        = "overflow"
	// ReasonIncompletePeriod: of the parts of a period some are there and some not.
	ReasonIncompletePeriod = "incomplete_period"
)

// Params of a rule.
type Params struct {
	Rule          Rule
	Factor        float64
	Minimum, Full float64 // coverage below which a cell is empty, below which it is an estimate
}

// UnitValue returns the value of one unit: factor·num, or factor·num/den where
// the indicator has a denominator; not ok when den is 0.
func UnitValue(num, den auyl.Decimal, ratio bool, factor float64) (v float64, ok bool) {
	if !ratio {
		return factor * num.Float64(), true
	}
	if den == 0 {
		return 0, false
	}
	// Ten-thousandths on both sides cancel.
	return factor * (float64(num) / float64(den)), true
}

// Cell is the figure of an area.
type Cell struct {
	Value       float64 // 0 when Status.Empty()
	Coverage    float64 // 0..1
	HasCoverage bool    // false for an area without units
	Status      auyl.Status
	Reason      string // why it is empty
}

// Coverage returns the share of the area that reported; not ok without units.
func (t *Total) Coverage() (c float64, ok bool) {
	switch {
	case t.Total == 0:
		return 0, false
	case t.Flags&Direct != 0:
		return 1, true
	case t.Flags&WeightUnknown == 0 && t.WeightTotal != 0:
		return float64(t.WeightReported) / float64(t.WeightTotal), true
	}
	return float64(t.Reported) / float64(t.Total), true
}

// Cell applies a rule to the sums of an area. The first reason wins: no unit
// reported, coverage below the minimum, no denominator. A true zero is 0.
func (t *Total) Cell(p Params) Cell {
	cov, ok := t.Coverage()
	c := Cell{Coverage: cov, HasCoverage: ok}
	c.Status, c.Reason = Gate(cov, int(t.Reported), p.Minimum, p.Full)
	if c.Status == auyl.StatusMissing {
		return c
	}
	empty := func(reason string) Cell {
		c.Status, c.Reason = auyl.StatusMissing, reason
		return c
	}
	if t.Flags&Overflow != 0 {
		return empty(ReasonOverflow)
	}
	switch p.Rule {
	case RuleRatio:
		v, ok := UnitValue(t.Num, t.Den, true, p.Factor)
		if !ok {
			return empty(ReasonDenominatorZero)
		}
		c.Value = v
	case RuleWeighted:
		if t.WeightDen == 0 {
			return empty(ReasonWeightZero)
		}
		c.Value = t.Weighted / t.WeightDen.Float64()
	case RuleMin:
		c.Value = p.Factor * t.Min.Float64()
	case RuleMax:
		c.Value = p.Factor * t.Max.Float64()
	default:
		c.Value = p.Factor * t.Num.Float64()
	}
	if math.IsInf(c.Value, 0) || math.IsNaN(c.Value) {
		c.Value = 0
		return empty(ReasonOverflow)
	}
	if c.Status == auyl.StatusNormal {
		c.Status = t.Flags.status()
	}
	return c
}

// status returns the status that inputs give a complete figure.
func (f Flags) status() auyl.Status {
	switch {
	case f&Estimated != 0:
		return auyl.StatusEstimated
	case f&Provisional != 0:
		return auyl.StatusProvisional
	case f&Break != 0:
		return auyl.StatusBreak
	}
	return auyl.StatusNormal
}

// Gate says what coverage alone says of a cell.
func Gate(coverage float64, reported int, minimum, full float64) (status auyl.Status, reason string) {
	switch {
	case reported == 0:
		return auyl.StatusMissing, ReasonNoData
	case coverage < minimum:
		return auyl.StatusMissing, ReasonCoverage
	case coverage < full:
		return auyl.StatusEstimated, ""
	}
	return auyl.StatusNormal, ""
}
