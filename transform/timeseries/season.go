package timeseries

import (
	"math"
	"slices"
)

// Parts are what a series is made of. Weights are those of the last robust round, else 1 (STL alone).
type Parts struct{ Trend, Seasonal, Rest, Weights []float64 }

// Classical takes a series apart by a centered average as the trend and by the mean of what is left at each place of the
// period, itself centered on 0 (or 1, where the parts multiply). Trend and rest are missing in the first and last half
// period. Errors: ErrMissing, ErrShort, ErrZero for a product with a value of zero or below.
func Classical(y []float64, period int, multiply bool) (Parts, error) {
	switch {
	case slices.ContainsFunc(y, math.IsNaN):
		return Parts{}, ErrMissing
	case len(y) < 2*period:
		return Parts{}, ErrShort
	case multiply && slices.ContainsFunc(y, func(x float64) bool { return x <= 0 }):
		return Parts{}, ErrZero
	}
	without := func(a, b float64) float64 { return a - b }
	if multiply {
		without = func(a, b float64) float64 { return a / b }
	}
	p := Parts{Trend: Centered(y, period), Seasonal: make([]float64, len(y)), Rest: make([]float64, len(y))}
	figure := make([]float64, period)
	for m := range figure {
		var left []float64
		for i := m; i < len(y); i += period {
			if !math.IsNaN(p.Trend[i]) {
				left = append(left, without(y[i], p.Trend[i]))
			}
		}
		figure[m] = mean(left)
	}
	middle := mean(figure)
	for i := range y {
		p.Seasonal[i] = without(figure[i%period], middle)
		p.Rest[i] = without(without(y[i], p.Trend[i]), p.Seasonal[i])
	}
	return p, nil
}

// STL takes a series apart by local regressions (Cleveland, Cleveland, McRae and Terpenning, STL: a seasonal-trend
// decomposition procedure based on loess, Journal of Official Statistics 6, 1990), with a seasonal span of 7, the trend span
// that the paper derives from it (23 for months), the next odd number above the period as low-pass span, all of degree 1,
// every point computed. Robust means fifteen rounds that weigh outliers down, two passes each, else one round of five.
// Errors: ErrMissing, ErrShort.
func STL(y []float64, period int, robust bool) (Parts, error) {
	n := len(y)
	switch {
	case slices.ContainsFunc(y, math.IsNaN):
		return Parts{}, ErrMissing
	case n < 2*period:
		return Parts{}, ErrShort
	}
	const seasonalSpan = 7
	trendSpan := odd(int(math.Ceil(1.5 * float64(period) / (1 - 1.5/seasonalSpan))))
	lowPass := odd(period + 1)
	inner, outer := 5, 0
	if robust {
		inner, outer = 2, 15
	}
	p := Parts{Trend: make([]float64, n), Seasonal: make([]float64, n), Rest: make([]float64, n)}
	var weights []float64
	for round := 0; ; round++ {
		for range inner {
			p.pass(y, weights, period, seasonalSpan, trendSpan, lowPass)
		}
		for i := range y {
			p.Rest[i] = y[i] - p.Trend[i] - p.Seasonal[i]
		}
		if round >= outer {
			break
		}
		weights = bisquare(p.Rest)
	}
	if p.Weights = weights; weights == nil {
		p.Weights = slices.Repeat([]float64{1}, n)
	}
	return p, nil
}

func odd(n int) int { return n | 1 }

// pass is one inner loop: smooth each place of the period over the years, take the slow part out, smooth the rest as trend.
func (p *Parts) pass(y, weights []float64, period, seasonalSpan, trendSpan, lowPass int) {
	n := len(y)
	cycle := make([]float64, n+2*period) // one period more at both ends
	for m := range period {
		var sub, w []float64
		for i := m; i < n; i += period {
			sub = append(sub, y[i]-p.Trend[i])
			if weights != nil {
				w = append(w, weights[i])
			}
		}
		q := len(sub)
		smooth := loess(sub, seasonalSpan, w)
		before, ok := local(sub, seasonalSpan, 0, 1, min(seasonalSpan, q), w)
		if !ok {
			before = smooth[0]
		}
		after, ok := local(sub, seasonalSpan, q+1, max(1, q-seasonalSpan+1), q, w)
		if !ok {
			after = smooth[q-1]
		}
		cycle[m] = before
		for i, x := range smooth {
			cycle[m+(i+1)*period] = x
		}
		cycle[m+(q+1)*period] = after
	}
	slow := loess(average(average(average(cycle, period), period), 3), lowPass, nil)
	rest := make([]float64, n)
	for i := range y {
		p.Seasonal[i] = cycle[period+i] - slow[i]
		rest[i] = y[i] - p.Seasonal[i]
	}
	p.Trend = loess(rest, trendSpan, weights)
}

func average(v []float64, k int) []float64 {
	out := make([]float64, len(v)-k+1)
	for i := range out {
		out[i] = mean(v[i : i+k])
	}
	return out
}

// bisquare weighs what is far off down: the distance is measured in six medians of what is left.
func bisquare(rest []float64) []float64 {
	off := make([]float64, len(rest))
	for i, r := range rest {
		off[i] = math.Abs(r)
	}
	far := 6 * median(off)
	out := make([]float64, len(rest))
	for i, r := range off {
		switch {
		case r <= .001*far:
			out[i] = 1
		case r <= .999*far:
			u := r / far
			out[i] = (1 - u*u) * (1 - u*u)
		}
	}
	return out
}

// loess smooths at every point.
func loess(y []float64, span int, weights []float64) []float64 {
	n := len(y)
	out := make([]float64, n)
	left, right := 1, min(span, n)
	for i := 1; i <= n; i++ {
		if span < n && i > (span+1)/2 && right != n {
			left, right = left+1, right+1
		}
		v, ok := local(y, span, i, left, right, weights)
		if !ok {
			v = y[i-1]
		}
		out[i-1] = v
	}
	return out
}

// local is the local line through the points left to right, counted from 1, at the place at; false where no point has weight.
func local(y []float64, span, at, left, right int, weights []float64) (float64, bool) {
	n := len(y)
	reach := float64(max(at-left, right-at))
	if span > n {
		reach += float64((span - n) / 2)
	}
	w, total := make([]float64, right-left+1), 0.0
	for k := range w {
		j := left + k
		switch r := math.Abs(float64(j - at)); {
		case r > .999*reach:
			continue
		case r <= .001*reach || reach == 0:
			w[k] = 1
		default:
			u := r / reach
			v := 1 - u*u*u
			w[k] = v * v * v
		}
		if weights != nil {
			w[k] *= weights[j-1]
		}
		total += w[k]
	}
	if total <= 0 {
		return 0, false
	}
	center := 0.0
	for k := range w {
		w[k] /= total
		center += w[k] * float64(left+k)
	}
	if reach > 0 {
		wide := 0.0
		for k := range w {
			d := float64(left+k) - center
			wide += w[k] * d * d
		}
		if math.Sqrt(wide) > .001*float64(n-1) {
			slope := (float64(at) - center) / wide
			for k := range w {
				w[k] *= slope*(float64(left+k)-center) + 1
			}
		}
	}
	v := 0.0
	for k := range w {
		v += w[k] * y[left+k-1]
	}
	return v, true
}
