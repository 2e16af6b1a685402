package disclosure

// Small reports whether a count is of too few: above zero and below k. Where
// that there is nobody tells something of somebody, zero is too few as well.
func Small(v, k float64, zeros bool) bool {
	return v < k && (v > 0 || zeros && v == 0)
}

// Magnitude is a rule for sums of amounts, of which a large contributor could
// compute another's. A zero field leaves its part of the rule out.
type Magnitude struct {
	Fewest    int     // fewer contributors than this are too few
	Dominant  int     // as many of the largest together may not have …
	Share     float64 // … more than this share of the sum, in percent
	Tolerance float64 // the second may not know the first to within less than this, in percent
}

// Unsafe reports whether a cell with these contributions, largest first, must
// be hidden:
//
//	fewest     n < Fewest
//	dominance  x1 + … + xn > Share/100 · X
//	p percent  X − x1 − x2 < Tolerance/100 · x1
func (m Magnitude) Unsafe(x []float64) bool {
	if len(x) < m.Fewest {
		return true
	}
	total, first, two := m.sums(x)
	return m.Dominant > 0 && first > m.Share/100*total ||
		m.Tolerance > 0 && len(x) > 0 && total-two < m.Tolerance/100*x[0]
}

// Level is by how much the sum must be able to be larger than it is, so that
// the rules hold for what a contributor computes.
func (m Magnitude) Level(x []float64) float64 {
	total, first, two := m.sums(x)
	level := 0.0
	if m.Dominant > 0 {
		level = max(level, 100/m.Share*first-total)
	}
	if m.Tolerance > 0 && len(x) > 0 {
		level = max(level, m.Tolerance/100*x[0]-(total-two))
	}
	return level
}

// sums returns the sum of all, of those that dominate, and of the first two.
func (m Magnitude) sums(x []float64) (total, first, two float64) {
	for i, v := range x {
		total += v
		if i < m.Dominant {
			first += v
		}
		if i < 2 {
			two += v
		}
	}
	return total, first, two
}

// Shares returns the counts from 0 to denominator that a published percentage
// leaves possible: those that are at most half a unit of its last decimal away.
// low is above high where there is none.
func Shares(denominator int, published string) (low, high int) {
	// In integers: 100·10^d·n/D within 1/2 of the digits of what was published.
	digits, scale, point := 0, 1, false
	for _, c := range published {
		if c == '.' {
			point = true
			continue
		}
		digits = 10*digits + int(c-'0')
		if point {
			scale *= 10
		}
	}
	low, high = denominator+1, -1
	for n := range denominator + 1 {
		if d := 2 * (100*scale*n - digits*denominator); d >= -denominator && d <= denominator {
			low, high = min(low, n), n
		}
	}
	return low, high
}
