package words

import (
	"math"
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/number"
)

// nbsp keeps a number and its unit on one line.
const nbsp = "\u00a0"

// Number writes a number with so many digits after the point, as the language
// does: 1 234,5 or 1,234.5. Minus is the sign, not the hyphen; what rounds to
// zero has none.
func (w *Words) Number(v float64, decimals int) string {
	minus := ""
	if v = round(v, decimals); v < 0 {
		minus, v = "−", -v
	}
	return minus + w.printer.Sprint(number.Decimal(v, number.Scale(decimals)))
}

// round goes half away from zero, as people do: the printer is then handed a
// value that needs no rounding.
func round(v float64, decimals int) float64 {
	p := math.Pow10(decimals)
	r := math.Round(v*p) / p
	if r == 0 {
		return 0 // never minus zero
	}
	return r
}

// Category returns the plural category of a number as it is written with so many
// digits after the point: zero, one, two, few, many or other.
func (w *Words) Category(v float64, decimals int) string {
	text := strconv.FormatFloat(math.Abs(round(v, decimals)), 'f', decimals, 64)
	whole, fraction, _ := strings.Cut(text, ".")
	i, err := strconv.Atoi(whole[max(0, len(whole)-8):]) // the rules look at the last digits alone
	if err != nil {
		return "other"
	}
	f, t := 0, 0
	trimmed := strings.TrimRight(fraction, "0")
	if fraction != "" {
		f, _ = strconv.Atoi(fraction)
	}
	if trimmed != "" {
		t, _ = strconv.Atoi(trimmed)
	}
	switch plural.Cardinal.MatchPlural(w.tag, i, len(fraction), len(trimmed), f, t) {
	case plural.Zero:
		return "zero"
	case plural.One:
		return "one"
	case plural.Two:
		return "two"
	case plural.Few:
		return "few"
	case plural.Many:
		return "many"
	case plural.Other:
	}
	return "other"
}
