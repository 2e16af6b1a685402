package simulate

import (
	"hash/fnv"
	"math"
	"math/rand/v2"

	"github.com/auyl-kz/auyl"
)

// rng returns the source of chance for one question about one area and day. Each
// question has its own, so that no answer depends on the order in which answers
// were asked for, nor on the length of the history.
func (m *Model) rng(what string, a auyl.AreaCode, d auyl.Day) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(what)) // a hash never fails
	//nolint:gosec // a model wants chance that can be repeated
	return rand.New(rand.NewPCG(m.o.Seed^mix(h.Sum64()), mix(uint64(a)<<32|uint64(uint32(d)))))
}

// mix is the finalizer of splitmix64: neighboring inputs give unrelated outputs.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// chance is uniform in [0, 1).
func (m *Model) chance(what string, a auyl.AreaCode, d auyl.Day) float64 {
	return m.rng(what, a, d).Float64()
}

// between is uniform in [lo, hi).
func (m *Model) between(what string, a auyl.AreaCode, d auyl.Day, lo, hi float64) float64 {
	return lo + (hi-lo)*m.chance(what, a, d)
}

// logNormal has median 1 and the given sigma of the logarithm.
func (m *Model) logNormal(what string, a auyl.AreaCode, d auyl.Day, sigma float64) float64 {
	return math.Exp(sigma * m.rng(what, a, d).NormFloat64())
}

// count rounds an expected number to a whole one, up or down by chance so that
// small expectations do not vanish.
func (m *Model) count(what string, a auyl.AreaCode, d auyl.Day, expected float64) int64 {
	whole, frac := math.Modf(max(expected, 0))
	if m.chance(what, a, d) < frac {
		whole++
	}
	return int64(whole)
}

// apportion shares total among weights by largest remainders: the parts are whole
// and add up to total. Equal remainders go to the earlier one. Weights must be
// non-negative; where all are zero the first gets everything.
func apportion(total int64, weights []float64) []int64 {
	parts := make([]int64, len(weights))
	if len(parts) == 0 {
		return parts
	}
	var sum float64
	for _, w := range weights {
		sum += w
	}
	if sum <= 0 {
		parts[0] = total
		return parts
	}
	rest := total
	order := make([]remainder, len(weights))
	for i, w := range weights {
		exact := float64(total) * w / sum
		parts[i] = int64(exact)
		rest -= parts[i]
		order[i] = remainder{i, exact - math.Floor(exact)}
	}
	sortRemainders(order)
	for i := range int(rest) {
		parts[order[i%len(order)].index]++
	}
	return parts
}
