// Package timeseries looks at one series of equal steps: growth, indices, moving averages, seasons, trend, outliers, shifts.
//
// A missing value is NaN, in and out. Nothing is filled in silently: what cannot be computed from what is there is missing
// (a growth on a base of zero is, too), and methods that need every value refuse a series with a gap. Slices that go in are
// not changed. The results are compared with pandas, statsmodels and scipy (testdata/README.md).
package timeseries

import (
	"errors"
	"math"
	"slices"
)

// Why a method refuses a series.
var (
	ErrMissing = errors.New("missing values")
	ErrShort   = errors.New("fewer than two full years")
	ErrZero    = errors.New("a value of zero or below")
)

// Missing is the mark of a missing value.
func Missing() float64 { return math.NaN() }

// missing makes a series of nothing.
func missing(n int) []float64 { return slices.Repeat([]float64{math.NaN()}, n) }

// present returns the values that are there and where they stand.
func present(y []float64) (at []int, v []float64) {
	for i, x := range y {
		if !math.IsNaN(x) {
			at, v = append(at, i), append(v, x)
		}
	}
	return at, v
}

// Sum is the exact sum, rounded once: the same for every order of the values, to the bit (Shewchuk, Adaptive precision
// floating-point arithmetic, 1997, as Python's math.fsum). The sums on the way stay finite.
func Sum(v []float64) float64 {
	var parts []float64 // do not overlap, ascending: together the sum so far
	for _, x := range v {
		kept := parts[:0]
		for _, y := range parts {
			if math.Abs(x) < math.Abs(y) {
				x, y = y, x
			}
			high := x + y
			if low := y - (high - x); low != 0 {
				kept = append(kept, low)
			}
			x = high
		}
		parts = append(kept, x) //nolint:gocritic // kept is parts, shorter
	}
	n := len(parts) - 1
	if n < 0 {
		return 0
	}
	high, low := parts[n], 0.0
	for n > 0 {
		n--
		x := high
		high = x + parts[n]
		if low = parts[n] - (high - x); low != 0 {
			break
		}
	}
	// Halfway between two numbers the parts below decide, which the rounding above has not seen.
	if n > 0 && (low < 0 && parts[n-1] < 0 || low > 0 && parts[n-1] > 0) {
		if twice := 2 * low; twice == high+twice-high {
			high += twice
		}
	}
	return high
}

func mean(v []float64) float64 { return Sum(v) / float64(len(v)) }

// median is the middle value, of an even number the mean of both; NaN of none.
func median(v []float64) float64 {
	s, n := slices.Sorted(slices.Values(v)), len(v)
	switch {
	case n == 0:
		return math.NaN()
	case n%2 == 1:
		return s[n/2]
	}
	return s[n/2-1]/2 + s[n/2]/2
}

// Trailing is the mean of the last window values up to each, over those that are there, where they are at least need; missing
// before the first full window.
func Trailing(y []float64, window, need int) []float64 {
	out := missing(len(y))
	for i := window - 1; i < len(y); i++ {
		if _, v := present(y[i-window+1 : i+1]); len(v) >= max(need, 1) {
			out[i] = mean(v)
		}
	}
	return out
}

// Centered is the mean of a whole period around each value, such as the 2×12 average of months: of an even period the two
// ends count half. Missing where one of them is.
func Centered(y []float64, period int) []float64 {
	out, half := missing(len(y)), period/2
	for i := half; i < len(y)-half; i++ {
		w := slices.Clone(y[i-half : i+half+1])
		if period%2 == 0 {
			w[0], w[len(w)-1] = w[0]/2, w[len(w)-1]/2
		}
		out[i] = Sum(w) / float64(period) // NaN if one is
	}
	return out
}
