package simulate

import (
	"slices"
	"time"

	"github.com/auyl-kz/auyl"
)

// callRegisters are the exports about calls and requests: animals, appeals, credits,
// proposals and what people think of their akims.
func callRegisters() []register {
	return []register{
		credits(), portfolio(),
		contactCenter(), appeals(), proposals(), survey(),
		captures(), bites(), shelters(), pets(),
	}
}

// canaryName is what stands in a column of names: it names nobody.
func canaryName(n uint64) string {
	return "Канарейкина Проба № " + whole(int64(n%10000))
}

// workingDays returns the day so many working days after another one. Holidays,
// which move by decree, are not known here.
func workingDays(d auyl.Day, n int) auyl.Day {
	for n > 0 {
		d++
		if w := d.Time().Weekday(); w != time.Saturday && w != time.Sunday {
			n--
		}
	}
	return d
}

// drawPlaces returns a function that draws a place by its people, of rural ones
// alone where towns are not asked for.
func (m *Model) drawPlaces(day auyl.Day, towns bool) func(u float64) int {
	weights := make([]float64, len(m.places))
	for i, n := range m.people(day) {
		if towns || !m.places[i].Urban {
			weights[i] = float64(n)
		}
	}
	for i := 1; i < len(weights); i++ {
		weights[i] += weights[i-1]
	}
	return func(u float64) int {
		u *= weights[len(weights)-1]
		lo, hi := 0, len(weights)-1
		for lo < hi {
			if mid := (lo + hi) / 2; weights[mid] > u {
				hi = mid
			} else {
				lo = mid + 1
			}
		}
		return lo
	}
}

// okrugAt returns the okrug of a place.
func (m *Model) okrugAt(place int) *okrug {
	for i := range m.okrugs {
		if m.okrugs[i].code == m.places[place].Okrug {
			return &m.okrugs[i]
		}
	}
	return &okrug{code: m.places[place].Okrug, district: m.districtOf(m.places[place].District)} // New has made one for each
}

// changed says whether a row whose content at the first export of its period was
// before, and at the revision is after, belongs into the export: what is written
// down again is what changed.
func (s issue) changed(before, after []string) bool {
	return !s.revision || !slices.Equal(before, after)
}
