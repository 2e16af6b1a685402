package timeseries

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// HodrickPrescott is the trend that solves (I + λD'D) trend = y, with D the second differences; λ 129600 is usual for months
// (Ravn and Uhlig 2002). Errors: ErrMissing.
func HodrickPrescott(y []float64, lambda float64) ([]float64, error) {
	n := len(y)
	if slices.ContainsFunc(y, math.IsNaN) || n == 0 {
		return nil, ErrMissing
	}
	band := min(2, n-1)
	a := mat.NewSymBandDense(n, band, nil)
	for i := range n {
		a.SetSymBand(i, i, 1)
	}
	difference := [3]float64{1, -2, 1}
	for row := range n - 2 {
		for i, x := range difference {
			for j := i; j < 3; j++ {
				a.SetSymBand(row+i, row+j, a.At(row+i, row+j)+lambda*x*difference[j])
			}
		}
	}
	var c mat.BandCholesky
	if !c.Factorize(a) {
		return nil, fmt.Errorf("solve for a trend with λ %v: the matrix is not positive definite", lambda)
	}
	var trend mat.VecDense
	if err := c.SolveVecTo(&trend, mat.NewVecDense(n, slices.Clone(y))); err != nil {
		return nil, fmt.Errorf("solve for a trend with λ %v: %w", lambda, err)
	}
	return trend.RawVector().Data, nil
}

// Smoothed is a series smoothed exponentially: Fitted is what was expected of each value before it came.
type Smoothed struct{ Fitted, Level, Trend []float64 }

// Forecast is what is expected h steps after the last value.
func (s *Smoothed) Forecast(h int) float64 {
	last := len(s.Level) - 1
	if s.Trend == nil {
		return s.Level[last]
	}
	return s.Level[last] + float64(h)*s.Trend[last]
}

// Simple smooths with a fixed alpha, from the first value on. Errors: ErrMissing.
func Simple(y []float64, alpha float64) (*Smoothed, error) {
	if slices.ContainsFunc(y, math.IsNaN) || len(y) == 0 {
		return nil, ErrMissing
	}
	s, level := &Smoothed{}, y[0]
	for _, x := range y {
		s.Fitted = append(s.Fitted, level)
		level = alpha*x + (1-alpha)*level
		s.Level = append(s.Level, level)
	}
	return s, nil
}

// Holt smooths level and trend with fixed alpha and beta, from the first value and the first step on. Errors: ErrMissing;
// ErrShort for one value.
func Holt(y []float64, alpha, beta float64) (*Smoothed, error) {
	if slices.ContainsFunc(y, math.IsNaN) || len(y) == 0 {
		return nil, ErrMissing
	}
	if len(y) == 1 {
		return nil, ErrShort
	}
	s, level, trend := &Smoothed{}, y[0], y[1]-y[0]
	for _, x := range y {
		fitted := level + trend
		next := alpha*x + (1-alpha)*fitted
		trend = beta*(next-level) + (1-beta)*trend
		level = next
		s.Fitted, s.Level, s.Trend = append(s.Fitted, fitted), append(s.Level, level), append(s.Trend, trend)
	}
	return s, nil
}
