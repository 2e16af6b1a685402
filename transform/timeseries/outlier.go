package timeseries

import "math"

// Scale is the middle of values and how far they are off it: MAD is the median, MeanOff the mean of the distances. NaN of none.
type Scale struct {
	N                    int
	Median, MAD, MeanOff float64
}

// ScaleOf measures the values that are there.
func ScaleOf(y []float64) Scale {
	_, v := present(y)
	s := Scale{N: len(v), Median: median(v), MAD: math.NaN(), MeanOff: math.NaN()}
	if len(v) == 0 {
		return s
	}
	off := make([]float64, len(v))
	for i, x := range v {
		off[i] = math.Abs(x - s.Median)
	}
	s.MAD, s.MeanOff = median(off), mean(off)
	return s
}

// ModifiedZ is 0.6745 (x − median) / MAD (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993); above 3.5 a value
// wants a look. Where MAD is 0 the mean distance takes its place with its own constant, and where that is 0 too z is 0. A
// series with trend and season hides its outliers from it: hand in what STL leaves.
func ModifiedZ(y []float64) []float64 {
	s := ScaleOf(y)
	out := missing(len(y))
	for i, x := range y {
		switch {
		case math.IsNaN(x):
		case s.MAD > 0:
			out[i] = 0.6745 * (x - s.Median) / s.MAD
		case s.MeanOff > 0:
			out[i] = (x - s.Median) / (1.253314 * s.MeanOff)
		default:
			out[i] = 0
		}
	}
	return out
}

// Near is a value beside those around it. OK is false where fewer than five are there; Flag says that it lies more than
// three Scales off.
type Near struct {
	Median, Scale float64
	Flag, OK      bool
}

// Hampel looks at each value beside those up to reach steps before and after it, itself included; Scale is 1.4826 MAD.
func Hampel(y []float64, reach int) []Near {
	out := make([]Near, len(y))
	for i, x := range y {
		if math.IsNaN(x) {
			continue
		}
		s := ScaleOf(y[max(0, i-reach):min(len(y), i+reach+1)])
		if s.N < 5 {
			continue
		}
		scale := 1.4826 * s.MAD
		out[i] = Near{s.Median, scale, math.Abs(x-s.Median) > 3*scale, true}
	}
	return out
}
