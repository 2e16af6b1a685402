package summary

import (
	"math"

	"github.com/auyl-kz/auyl/schemas"
)

// interval bounds a share that is a count of a count, by Wilson's interval at
// 95 %: with few calls a rank says little. Of other indicators there is none: nil.
//
// (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n), E. B. Wilson, JASA 22 (1927).
func interval(cat *schemas.Catalogue, ind *schemas.Indicator, x Cell) (low, high *float64) {
	if ind.Unit != "%" || ind.Rollup != "ratio" || ind.Factor != 100 || x.Numerator == nil || x.Denominator == nil {
		return nil, nil
	}
	for _, id := range ind.Inputs {
		if s := cat.SeriesOf(id); s == nil || s.Event == nil || s.Event.Measure != "count" {
			return nil, nil
		}
	}
	k, n := *x.Numerator, *x.Denominator
	if n <= 0 || k < 0 || k > n {
		return nil, nil
	}
	const z = 1.959963984540054
	p := k / n
	mid := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n)) / (1 + z*z/n)
	l, h := 100*math.Max(0, mid-half), 100*math.Min(1, mid+half)
	return &l, &h
}
