package timeseries

import (
	"cmp"
	"math"
	"slices"
)

// Pettitt is a test for one change of level by ranks (Pettitt 1979). K is the largest of |U|, After the place of the last
// value before the change, −1 for none; P is approximate. U is by value that is there, without the last. Like CUSUM it takes
// independent values: with a season or a trend left in it rejects too often.
type Pettitt struct {
	K     float64
	After int
	P     float64
	U     []float64
}

// CUSUM is a test for a change of level by sums of deviations from the mean. Max is the largest in standard deviations times
// √n, After the place of the last value before the change, Before and Behind the means on both sides, Range the greatest
// rise of the sums in standard deviations, Sums one for each value that is there. A series without spread has SD 0, P 1,
// After −1.
type CUSUM struct {
	Max, P, Range, Before, Behind, SD float64
	After                             int
	Sums                              []float64
}

// FindPettitt tests the values that are there. false for fewer than two.
func FindPettitt(y []float64) (Pettitt, bool) {
	at, v := present(y)
	n := len(v)
	if n < 2 {
		return Pettitt{}, false
	}
	p := Pettitt{After: -1, U: make([]float64, n-1)}
	ranks := middleRanks(v)
	sum := 0.0
	for k := 1; k < n; k++ {
		sum += ranks[k-1]
		u := 2*sum - float64(k*(n+1))
		p.U[k-1] = u
		if math.Abs(u) > p.K {
			p.K, p.After = math.Abs(u), at[k-1]
		}
	}
	m := float64(n)
	p.P = min(1, 2*math.Exp(-6*p.K*p.K/(m*m*m+m*m)))
	return p, true
}

// middleRanks counts from 1; equal values share the mean of their ranks.
func middleRanks(v []float64) []float64 {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(v[a], v[b]) })
	out := make([]float64, len(v))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && v[order[j]] == v[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			out[k] = float64(i+1+j) / 2
		}
		i = j
	}
	return out
}

// FindCUSUM tests the values that are there. false for fewer than two.
func FindCUSUM(y []float64) (CUSUM, bool) {
	at, v := present(y)
	n := len(v)
	if n < 2 {
		return CUSUM{}, false
	}
	c := CUSUM{After: -1, P: 1, Sums: make([]float64, n)}
	middle := mean(v)
	squares := make([]float64, n)
	for i, x := range v {
		squares[i] = (x - middle) * (x - middle)
	}
	if c.SD = math.Sqrt(Sum(squares) / float64(n-1)); c.SD == 0 {
		return c, true
	}
	run, high, low, far, pos := 0.0, math.Inf(-1), 0.0, -1.0, 0
	for i, x := range v {
		run += x - middle
		c.Sums[i] = run
		high, low = max(high, run), min(low, run)
		if math.Abs(run) > far {
			far, pos = math.Abs(run), i
		}
	}
	c.Max = far / (c.SD * math.Sqrt(float64(n)))
	c.P, c.Range, c.After = kolmogorov(c.Max), (high-low)/c.SD, at[pos]
	c.Before, c.Behind = mean(v[:pos+1]), math.NaN()
	if pos+1 < n {
		c.Behind = mean(v[pos+1:])
	}
	return c, true
}

// kolmogorov is the chance that the largest distance of a Brownian bridge exceeds x. Of its two series each is short on its
// side of 1.
func kolmogorov(x float64) float64 {
	if x <= 0 {
		return 1
	}
	if x < 1 {
		s := 0.0
		for k := 1; k <= 20; k++ {
			odd := float64(2*k - 1)
			s += math.Exp(-odd * odd * math.Pi * math.Pi / (8 * x * x))
		}
		return 1 - math.Sqrt(2*math.Pi)/x*s
	}
	s, sgn := 0.0, 1.0
	for k := 1.0; k <= 20; k++ {
		s += sgn * math.Exp(-2*k*k*x*x)
		sgn = -sgn
	}
	return 2 * s
}
