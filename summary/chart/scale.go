package chart

import (
	"math"
	"slices"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
	"gonum.org/v1/plot/vg"
)

// numbers writes the numbers of an axis as the language does.
type numbers struct{ printer *message.Printer }

func numbersOf(lang string) numbers {
	tag, err := language.Parse(lang)
	if err != nil {
		tag = language.Und
	}
	return numbers{message.NewPrinter(tag)}
}

func (n numbers) text(v float64, decimals int) string {
	if v == 0 {
		v = 0 // not -0
	}
	return n.printer.Sprint(number.Decimal(v, number.Scale(decimals)))
}

// scale turns values into lengths between two ends.
type scale struct {
	low, high float64
	from, to  vg.Length
	step      float64
}

// scaleOf finds round ends and about n steps for the values. Its ends differ
// also where all values are one.
func scaleOf(values []float64, n int, zero bool) scale {
	s := scale{low: math.Inf(1), high: math.Inf(-1)}
	for _, v := range values {
		s.low, s.high = min(s.low, v), max(s.high, v)
	}
	if len(values) == 0 {
		s.low, s.high = 0, 1
	}
	if zero {
		s.low, s.high = min(s.low, 0), max(s.high, 0)
	}
	if s.high-s.low < 1e-12*max(1, math.Abs(s.high)) {
		d := max(1, math.Abs(s.high)/10)
		s.low, s.high = s.low-d, s.high+d
	}
	s.step = niceStep((s.high - s.low) / float64(max(1, n)))
	s.low, s.high = math.Floor(s.low/s.step+1e-9)*s.step, math.Ceil(s.high/s.step-1e-9)*s.step
	return s
}

// niceStep is the next of 1, 2, 2.5, 5 times a power of ten.
func niceStep(raw float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if raw <= m*p*(1+1e-9) {
			return m * p
		}
	}
	return 10 * p
}

func (s scale) at(v float64) vg.Length {
	return s.from + vg.Length((v-s.low)/(s.high-s.low))*(s.to-s.from)
}

// ticks are the round values from end to end.
func (s scale) ticks() []float64 {
	var out []float64
	for i := 0; i <= 50; i++ {
		v := s.low + float64(i)*s.step
		if v > s.high+s.step/2 {
			break
		}
		out = append(out, v)
	}
	return out
}

// decimals is how many digits behind the point tell the ticks apart.
func (s scale) decimals() int {
	for d := range 6 {
		p := math.Pow(10, float64(d))
		if math.Abs(math.Round(s.step*p)-s.step*p) < 1e-6*s.step*p {
			return d
		}
	}
	return 6
}

func sortFloats(v []float64) { slices.Sort(v) }

// finite reports that there is a value which can be drawn.
func finite(v *float64) bool {
	return v != nil && !math.IsNaN(*v) && !math.IsInf(*v, 0) && math.Abs(*v) < 1e15
}
