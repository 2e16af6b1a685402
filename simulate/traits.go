package simulate

import (
	"math"

	"github.com/auyl-kz/auyl"
)

// The figures of a settlement on a day. They are made from traits that a place
// keeps for ever and from slow trends, so that two cuts of the same place resemble
// each other as they do in life.

// cut is the state of a settlement on a day.
type cut struct {
	people, households       int64
	young, adult, old        int64 // 0-14, 15-64, 65 and older: sum to people
	water, internet          int64 // households that have it
	cattle, sheep, horses    int64
	roadKm, goodRoadKm       float64
	idleShare, povertyWeight float64
}

func clamp(x, lo, hi float64) float64 { return math.Max(lo, math.Min(hi, x)) }

// trait is a fixed property of a place, uniform in [lo, hi).
func (m *Model) trait(what string, a auyl.AreaCode, lo, hi float64) float64 {
	return m.between(what, a, 0, lo, hi)
}

func (m *Model) cutOf(i int, day auyl.Day) cut {
	p := &m.places[i]
	far := m.districtOf(p.District).remoteness
	years := float64(day-alatauDay()) / 365.25
	n := m.people(day)[i]
	people := float64(n)

	c := cut{people: n}
	size := m.trait("household size", p.Code, 3.6, 4.4) + 0.8*far
	if p.Urban {
		size = m.trait("household size", p.Code, 3.0, 3.4)
	}
	if n > 0 {
		c.households = max(1, int64(math.Round(people/size)))
	}
	c.young = int64(math.Round(people * m.trait("young", p.Code, 0.30, 0.37)))
	c.old = int64(math.Round(people * m.trait("old", p.Code, 0.055, 0.09)))
	c.adult = n - c.young - c.old

	connected := func(what string, near, trend float64) int64 {
		s := clamp(near-m.trait(what, p.Code, 0, 0.15+0.35*far)+trend*years, 0, 1)
		return int64(math.Round(float64(c.households) * s))
	}
	c.water = connected("water", 0.99, 0.015)
	c.internet = connected("internet", 0.93, 0.03)

	if !p.Urban {
		herd := people * (0.35 + 1.1*far)
		c.cattle = int64(math.Round(herd * m.trait("cattle", p.Code, 0.3, 0.9) * math.Pow(1.02, years)))
		c.sheep = int64(math.Round(herd * m.trait("sheep", p.Code, 1.5, 4.5) * math.Pow(1.01, years)))
		c.horses = int64(math.Round(herd * m.trait("horses", p.Code, 0.1, 0.35) * math.Pow(1.03, years)))
	}
	c.roadKm = math.Round(10*(1.5+math.Sqrt(people)/8*m.trait("roads", p.Code, 0.7, 1.4))) / 10
	good := clamp(m.trait("good roads", p.Code, 0.45, 0.95)-0.25*far+0.02*years, 0.05, 1)
	c.goodRoadKm = math.Round(10*c.roadKm*good) / 10
	c.idleShare = m.trait("jobs", p.Code, 0.012, 0.03) + 0.015*far
	c.povertyWeight = m.trait("poverty", p.Code, 0.004, 0.016) + 0.02*far
	return c
}

func (m *Model) districtOf(code auyl.AreaCode) *district {
	for _, d := range m.districts {
		if d.code == code {
			return d
		}
	}
	return &district{code: code} // New has refused places of other districts
}

// sum is the state of an okrug: the sums of its settlements.
func (m *Model) sum(o *okrug, day auyl.Day) cut {
	var s cut
	var jobs, poor float64
	for _, i := range o.places {
		c := m.cutOf(i, day)
		s.people += c.people
		s.households += c.households
		s.young += c.young
		s.adult += c.adult
		s.old += c.old
		s.water += c.water
		s.internet += c.internet
		s.cattle += c.cattle
		s.sheep += c.sheep
		s.horses += c.horses
		jobs += c.idleShare * float64(c.adult)
		poor += c.povertyWeight * float64(c.people)
	}
	s.idleShare = jobs / math.Max(1, float64(s.adult))
	s.povertyWeight = poor / math.Max(1, float64(s.people))
	return s
}
