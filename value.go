package auyl

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Decimal is an exact decimal number with four digits after the point, as
// registers publish them: 1.5 is Decimal(15000). Sums of decimals are exact, so
// that neither order nor grouping can change a digit. Range ±922 trillion.
type Decimal int64

// DecimalOne is 1 as a Decimal: the scale.
const DecimalOne Decimal = 10_000

// MaxDecimalText is the longest text, in bytes, that ParseDecimal looks at.
const MaxDecimalText = 40

// ParseDecimal reads an optional minus, digits, and an optional point with
// digits. Zeros beyond the fourth place are dropped; other digits there are an
// error, since rounding a published figure is not ours to do.
// Errors: ErrSyntax, ErrRange.
func ParseDecimal(s string) (Decimal, error) {
	t := s
	neg := strings.HasPrefix(t, "-")
	if neg {
		t = t[1:]
	}
	whole, frac, point := strings.Cut(t, ".")
	if whole == "" || point && frac == "" || len(s) > MaxDecimalText {
		return 0, fmt.Errorf("number %q: %w: want digits with a decimal point", clip(s), ErrSyntax)
	}
	if _, ok := digits(whole); !ok {
		return 0, fmt.Errorf("number %q: %w: want digits with a decimal point", clip(s), ErrSyntax)
	}
	if _, ok := digits(frac); !ok && point {
		return 0, fmt.Errorf("number %q: %w: want digits with a decimal point", clip(s), ErrSyntax)
	}
	if len(frac) > 4 && strings.Trim(frac[4:], "0") != "" {
		return 0, fmt.Errorf("number %q: %w: more than four decimals", clip(s), ErrRange)
	}
	var n uint64
	for i := range len(whole) {
		if n > math.MaxInt64/10-1 {
			return 0, fmt.Errorf("number %q: %w: at most 922 trillion", clip(s), ErrRange)
		}
		n = n*10 + uint64(whole[i]-'0')
	}
	hi, lo := bits.Mul64(n, uint64(DecimalOne))
	var f uint64
	for i := range 4 {
		f *= 10
		if i < len(frac) {
			f += uint64(frac[i] - '0')
		}
	}
	lo, carry := bits.Add64(lo, f, 0)
	if hi != 0 || carry != 0 || lo > math.MaxInt64 {
		return 0, fmt.Errorf("number %q: %w: at most 922 trillion", clip(s), ErrRange)
	}
	if neg {
		return -Decimal(lo), nil
	}
	return Decimal(lo), nil
}

func clip(s string) string {
	if len(s) > MaxDecimalText {
		return strings.ToValidUTF8(s[:MaxDecimalText], "") + "…"
	}
	return s
}

// DecimalOf returns the decimal nearest to f, ties to even. What counts is the
// product of f and the scale as a float64: 0.00005 is taken for the tie it looks
// like, though the float64 lies a little above.
// Errors: ErrRange for NaN, infinities and what is too large.
func DecimalOf(f float64) (Decimal, error) {
	r := math.RoundToEven(f * float64(DecimalOne))
	if math.IsNaN(r) || r >= math.MaxInt64 || r <= math.MinInt64 {
		return 0, fmt.Errorf("number %v: %w", f, ErrRange)
	}
	return Decimal(r), nil
}

// Add returns d+e. Errors: ErrRange when the sum does not fit; the least int64
// does not either, so that every Decimal has its negative and its text.
func (d Decimal) Add(e Decimal) (Decimal, error) {
	s := d + e
	if (s > d) != (e > 0) && e != 0 || s == math.MinInt64 {
		return 0, fmt.Errorf("sum of %v and %v: %w", d, e, ErrRange)
	}
	return s, nil
}

// Float64 returns the float64 nearest to the decimal.
func (d Decimal) Float64() float64 { return float64(d) / float64(DecimalOne) }

// String returns the shortest text that ParseDecimal reads back: no trailing zeros.
func (d Decimal) String() string {
	sign, u := "", uint64(d)
	if d < 0 {
		sign, u = "-", -u
	}
	whole, frac := u/uint64(DecimalOne), u%uint64(DecimalOne)
	if frac == 0 {
		return sign + strconv.FormatUint(whole, 10)
	}
	return sign + strconv.FormatUint(whole, 10) + "." + strings.TrimRight(fmt.Sprintf("%04d", frac), "0")
}
