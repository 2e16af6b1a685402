package timeseries

import "math"

// Growth is 100 (y_t / y_(t−lag) − 1) in percent. A missing or zero base gives none.
func Growth(y []float64, lag int) []float64 {
	return against(y, lag, func(now, base float64) float64 {
		if base == 0 {
			return math.NaN()
		}
		return 100 * (now/base - 1)
	})
}

// Difference is y_t − y_(t−lag).
func Difference(y []float64, lag int) []float64 {
	return against(y, lag, func(now, base float64) float64 { return now - base })
}

// LogGrowth is 100 ln(y_t / y_(t−lag)), none where the ratio is zero or below.
func LogGrowth(y []float64, lag int) []float64 {
	return against(y, lag, func(now, base float64) float64 {
		if r := now / base; base != 0 && r > 0 {
			return 100 * math.Log(r)
		}
		return math.NaN()
	})
}

// AnnualGrowth is the growth a year over years of perYear steps, 100 ((y_t / y_(t−years·perYear))^(1/years) − 1).
func AnnualGrowth(y []float64, perYear, years int) []float64 {
	return against(y, perYear*years, func(now, base float64) float64 {
		rate, ok := Compound(base, now, float64(years))
		if !ok {
			return math.NaN()
		}
		return rate
	})
}

func against(y []float64, lag int, f func(now, base float64) float64) []float64 {
	out := missing(len(y))
	for i := max(lag, 0); i < len(y); i++ {
		if !math.IsNaN(y[i]) && !math.IsNaN(y[i-lag]) {
			out[i] = f(y[i], y[i-lag])
		}
	}
	return out
}

// Compound is the yearly growth in percent that leads from first to last, 100 ((last/first)^(1/years) − 1). false for a first
// of zero or below, a negative last and no time.
func Compound(first, last, years float64) (float64, bool) {
	if !(first > 0) || !(last >= 0) || !(years > 0) {
		return 0, false
	}
	return 100 * (math.Pow(last/first, 1/years) - 1), true
}

// Index is 100 y_t / base, with the mean of the values present in [from, to) as the base: missing all through where that is
// not above zero or not there.
func Index(y []float64, from, to int) []float64 {
	out := missing(len(y))
	_, v := present(y[from:to])
	if len(v) == 0 {
		return out
	}
	base := mean(v)
	if base <= 0 {
		return out
	}
	for i, x := range y {
		out[i] = 100 * x / base
	}
	return out
}

// Chained is 100 times the product of the links y_t / y_(t−1) from the first value on. After a link that is not there it
// stays missing for good.
func Chained(y []float64) []float64 {
	out := missing(len(y))
	for i, x := range y {
		switch {
		case i == 0 && !math.IsNaN(x):
			out[0] = 100
		case i > 0 && y[i-1] > 0 && !math.IsNaN(x):
			out[i] = out[i-1] * x / y[i-1]
		}
	}
	return out
}

// Indices are price or quantity indices of two periods, 100 for no change (ILO, IMF and others, Consumer Price Index Manual,
// 2020, chapter 2).
type Indices struct{ Laspeyres, Paasche, Fisher float64 }

// Prices compares prices of two periods: by the quantities of the first (Laspeyres), of the second (Paasche), and by the
// geometric mean of both (Fisher). With prices and quantities changed for each other these are the quantity indices. All
// slices have one length; ErrZero where a base is not above 0.
func Prices(p0, q0, p1, q1 []float64) (Indices, error) {
	product := func(a, b []float64) float64 {
		v := make([]float64, len(a))
		for i := range a {
			v[i] = a[i] * b[i]
		}
		return Sum(v)
	}
	old, now := product(p0, q0), product(p0, q1)
	if !(old > 0) || !(now > 0) {
		return Indices{}, ErrZero
	}
	l, p := product(p1, q0)/old, product(p1, q1)/now
	return Indices{100 * l, 100 * p, 100 * math.Sqrt(l*p)}, nil
}
