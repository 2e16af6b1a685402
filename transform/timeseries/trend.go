package timeseries

import (
	"math"
	"slices"
)

// Slope is the line of Theil and Sen: Slope is the median of all slopes between two values, Low and High its 95 % interval
// after Sen (1968), with ties taken into account. Pairs is their number.
type Slope struct {
	Slope, Intercept, Low, High float64
	Pairs                       int
}

// Test is a test of Mann and Kendall for a trend: S is the sum of the signs of all later minus earlier values, Variance
// that of S without a trend (ties taken out), Z is S with a continuity correction in standard deviations, P two-sided.
type Test struct {
	S, Variance, Z, P float64
}

// TheilSen fits a robust line through the values that are there, t counted from 0. false for fewer than two.
func TheilSen(y []float64) (Slope, bool) {
	at, v := present(y)
	if len(v) < 2 {
		return Slope{}, false
	}
	var slopes []float64
	x := make([]float64, len(at))
	for i := range v {
		x[i] = float64(at[i])
		for j := i + 1; j < len(v); j++ {
			slopes = append(slopes, (v[j]-v[i])/float64(at[j]-at[i]))
		}
	}
	slices.Sort(slopes)
	n := len(slopes)
	b := median(slopes)
	wide := math.Sqrt2 * math.Erfinv(.95) * math.Sqrt(kendall(v).Variance)
	low := max(int(math.RoundToEven((float64(n)-wide)/2))-1, 0)
	high := min(int(math.RoundToEven((float64(n)+wide)/2)), n-1)
	return Slope{b, median(v) - b*median(x), slopes[low], slopes[high], n}, true
}

// MannKendall tests the values that are there for a trend. false for fewer than two.
func MannKendall(y []float64) (Test, bool) {
	_, v := present(y)
	if len(v) < 2 {
		return Test{}, false
	}
	return kendall(v).judged(), true
}

// SeasonalMannKendall tests each place of the period against itself alone and adds up, so that a season is no trend (Hirsch,
// Slack and Smith 1982). false where the series has fewer than two values.
func SeasonalMannKendall(y []float64, period int) (Test, bool) {
	if _, v := present(y); len(v) < 2 {
		return Test{}, false
	}
	var all Test
	for m := range min(period, len(y)) {
		var v []float64
		for i := m; i < len(y); i += period {
			if !math.IsNaN(y[i]) {
				v = append(v, y[i])
			}
		}
		t := kendall(v)
		all.S, all.Variance = all.S+t.S, all.Variance+t.Variance
	}
	return all.judged(), true
}

func kendall(v []float64) Test {
	var t Test
	for i := range v {
		for _, later := range v[i+1:] {
			t.S += sign(later - v[i])
		}
	}
	spread := func(n float64) float64 { return n * (n - 1) * (2*n + 5) }
	t.Variance = spread(float64(len(v)))
	for _, n := range ties(v) {
		t.Variance -= spread(n)
	}
	t.Variance /= 18
	return t
}

// ties returns the sizes of the groups of equal values.
func ties(v []float64) []float64 {
	var out []float64
	s := slices.Sorted(slices.Values(v))
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && s[j] == s[i] {
			j++
		}
		out = append(out, float64(j-i))
		i = j
	}
	return out
}

func (t Test) judged() Test {
	if t.Variance == 0 {
		t.P = 1
		return t
	}
	if t.S != 0 {
		t.Z = (t.S - sign(t.S)) / math.Sqrt(t.Variance)
	}
	t.P = twoSided(t.Z)
	return t
}

// KendallTau is Kendall's τ-b of values and time, and its two-sided p by the normal approximation without a correction.
// false where all values are equal or fewer than two.
func KendallTau(y []float64) (tau, p float64, ok bool) {
	_, v := present(y)
	t := kendall(v)
	if len(v) < 2 || t.Variance == 0 {
		return 0, 0, false
	}
	pairs := func(n float64) float64 { return n * (n - 1) / 2 }
	all := pairs(float64(len(v)))
	tied := 0.0
	for _, n := range ties(v) {
		tied += pairs(n)
	}
	return t.S / math.Sqrt(all*(all-tied)), twoSided(t.S / math.Sqrt(t.Variance)), true
}

func twoSided(z float64) float64 { return math.Erfc(math.Abs(z) / math.Sqrt2) }

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}
