package rollup

import "math"

// Stratum is one group of age and sex: what happened to how many people, and how many there are in the standard population.
type Stratum struct{ Events, Population, Standard float64 }

// Standardize is the directly standardized rate factor·Σ w e/n / Σ w: what the rate would be if people were as old as those
// of the standard population. false where a group of weight has nobody, or nothing has weight: a rate of fewer groups would
// be another one.
func Standardize(strata []Stratum, factor float64) (float64, bool) {
	sum, weight := 0.0, 0.0
	for _, s := range strata {
		if s.Standard == 0 {
			continue
		}
		if s.Population <= 0 {
			return 0, false
		}
		sum += s.Standard * s.Events / s.Population
		weight += s.Standard
	}
	if weight <= 0 {
		return 0, false
	}
	return factor * sum / weight, true
}

// Crude is factor·Σe/Σn. false where there is nobody.
func Crude(strata []Stratum, factor float64) (float64, bool) {
	events, people := 0.0, 0.0
	for _, s := range strata {
		events, people = events+s.Events, people+s.Population
	}
	if people <= 0 {
		return 0, false
	}
	return factor * events / people, true
}

// PerCapita is value on the mean of the population at both ends, times factor; a population that is not known is NaN. yearly
// is the same at the rate of a year of 365 days. false where a population is not known or nobody was there.
func PerCapita(value, start, end, days, factor float64) (rate, yearly float64, ok bool) {
	people := (start + end) / 2
	if math.IsNaN(people) || people <= 0 || days <= 0 {
		return 0, 0, false
	}
	rate = value / people * factor
	return rate, rate * 365 / days, true
}
