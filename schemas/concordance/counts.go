package concordance

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/auyl-kz/auyl"
)

// Count is what was counted in an area within the boundaries of its day.
type Count struct {
	Code                   auyl.AreaCode
	Numerator, Denominator int64
}

// Carried is a count within other boundaries. Numerator and Denominator are exact; Whole has both as whole numbers, shared
// out so that they add up to what was counted. Status is A where no share was estimated, else E.
type Carried struct {
	Code                   auyl.AreaCode
	Numerator, Denominator *big.Rat
	Whole                  Count
	Status                 auyl.Status
}

// Ratio divides again: factor × numerator / denominator, never a mean of ratios. false where the denominator is 0.
func (c *Carried) Ratio(factor int64) (float64, bool) {
	if c.Denominator.Sign() == 0 {
		return 0, false
	}
	r := new(big.Rat).Mul(c.Numerator, big.NewRat(factor, 1))
	f, _ := r.Quo(r, c.Denominator).Float64()
	return f, true
}

// Left is a count that could not be carried, and why.
type Left struct {
	Code   auyl.AreaCode
	Reason Reason
}

// Carry maps counts of a day, each area once, to the boundaries of another day. Numerators and denominators go separately.
// What is carried and what is left add up to what was counted.
func (t *Table) Carry(counts []Count, on, target auyl.Day) ([]Carried, []Left, error) {
	out := map[auyl.AreaCode]*Carried{}
	var left []Left
	for _, c := range counts {
		shares, why := t.Map(c.Code, on, target)
		if why != "" {
			left = append(left, Left{c.Code, why})
			continue
		}
		weights := make([]*big.Rat, 0, len(shares))
		for _, s := range shares {
			weights = append(weights, s.Weight)
		}
		numerators, err1 := Apportion(c.Numerator, weights)
		denominators, err2 := Apportion(c.Denominator, weights)
		if err := errors.Join(err1, err2); err != nil {
			return nil, nil, fmt.Errorf("area %s: %w", c.Code, err)
		}
		for i, s := range shares {
			to := out[s.Code]
			if to == nil {
				to = &Carried{Code: s.Code, Numerator: new(big.Rat), Denominator: new(big.Rat), Whole: Count{Code: s.Code}, Status: auyl.StatusNormal}
				out[s.Code] = to
			}
			to.Numerator.Add(to.Numerator, part(c.Numerator, s.Weight))
			to.Denominator.Add(to.Denominator, part(c.Denominator, s.Weight))
			to.Whole.Numerator += numerators[i]
			to.Whole.Denominator += denominators[i]
			if !s.Whole() {
				to.Status = auyl.StatusEstimated
			}
		}
	}
	list := make([]Carried, 0, len(out))
	for _, code := range slices.Sorted(maps.Keys(out)) {
		list = append(list, *out[code])
	}
	return list, left, nil
}

func part(n int64, w *big.Rat) *big.Rat { return new(big.Rat).Mul(big.NewRat(n, 1), w) }

// Apportion shares n out by the largest remainder (Hamilton, Hare–Niemeyer; Balinski and Young, Fair Representation, 1982):
// each gets the whole part of n times its weight, and what is left goes one by one to the largest fractions, of equal ones
// to the first. The shares add up to n. Weights are not negative and add up to 1, n is not negative.
func Apportion(n int64, weights []*big.Rat) ([]int64, error) {
	if n < 0 {
		return nil, fmt.Errorf("%d is negative: only counts are shared out", n)
	}
	out, order, rest := make([]int64, len(weights)), make([]int, len(weights)), make([]*big.Rat, len(weights))
	sum, given := new(big.Rat), int64(0)
	for i, w := range weights {
		if w.Sign() < 0 {
			return nil, fmt.Errorf("weight %s is negative", w.RatString())
		}
		sum.Add(sum, w)
		exact := part(n, w)
		floor := new(big.Int).Quo(exact.Num(), exact.Denom())
		out[i], order[i] = floor.Int64(), i
		rest[i] = exact.Sub(exact, new(big.Rat).SetInt(floor))
		given += out[i]
	}
	if sum.Cmp(one()) != 0 {
		return nil, fmt.Errorf("weights add up to %s, want 1", sum.RatString())
	}
	slices.SortStableFunc(order, func(a, b int) int { return rest[b].Cmp(rest[a]) })
	for _, i := range order[:n-given] {
		out[i]++
	}
	return out, nil
}

// Row says where an area lies on a day of interest from First to Last, for a table. To is 0 where Reason says why not.
type Row struct {
	From        auyl.AreaCode
	First, Last auyl.Day
	To          auyl.AreaCode
	Weight      float64
	Whole       bool // the weight is exactly 1
	Parts       int  // so many areas of that time To is made of
	Reason      Reason
}

// Onto maps every area of the registry, in each span of days between two changes, to the boundaries of target. Where an
// area and one that it lies in both went to the same place, only the greater one is a part of it.
func (t *Table) Onto(target auyl.Day) []Row {
	first := auyl.MaxDay
	days := map[auyl.Day]bool{}
	for _, a := range t.areas {
		first = min(first, a.From)
		days[a.From], days[a.To] = true, true
	}
	for _, d := range t.days {
		days[d] = true
	}
	starts := slices.Sorted(maps.Keys(days))
	var out []Row
	for i, from := range starts {
		if from < first || from >= auyl.MaxDay {
			continue
		}
		last := auyl.MaxDay - 1
		if i+1 < len(starts) {
			last = starts[i+1] - 1
		}
		out = append(out, t.span(from, last, target)...)
	}
	slices.SortFunc(out, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.First, b.First), cmp.Compare(a.To, b.To))
	})
	return out
}

func (t *Table) span(first, last, target auyl.Day) []Row {
	var out []Row
	shares := map[auyl.AreaCode][]Share{}
	for code := range t.byCode {
		if _, ok := t.at(code, first); !ok {
			continue
		}
		list, why := t.Map(code, first, target)
		if why != "" {
			out = append(out, Row{From: code, First: first, Last: last, Reason: why})
		}
		shares[code] = list
	}
	parts := map[auyl.AreaCode]int{}
	for code, list := range shares {
		up := t.above(code, first)
		delete(up, code)
		for _, s := range list {
			above := slices.ContainsFunc(slices.Collect(maps.Keys(up)), func(a auyl.AreaCode) bool {
				return slices.ContainsFunc(shares[a], func(x Share) bool { return x.Code == s.Code })
			})
			if above {
				out = append(out, Row{From: code, First: first, Last: last, Reason: CountedAbove})
				continue
			}
			w, _ := s.Weight.Float64()
			out = append(out, Row{From: code, First: first, Last: last, To: s.Code, Weight: w, Whole: s.Whole()})
			parts[s.Code]++
		}
	}
	for i := range out {
		out[i].Parts = parts[out[i].To]
	}
	return out
}
