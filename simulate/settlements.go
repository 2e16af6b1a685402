package simulate

import (
	"slices"

	"github.com/auyl-kz/auyl"
)

// registers lists the sources that export files, each in its own dialect.
func registers() []register {
	return slices.Concat(
		[]register{householdBook(), infrastructure(), localBudget(), assistance(), laborMarket(), waste(), enterprises(), ambulance()},
		economyRegisters(), peopleRegisters(), landRegisters(), callRegisters(), officeRegisters(),
	)
}

func householdBook() register {
	return register{
		source: "akimat.household_book", freq: auyl.FreqDay, lag: 20,
		dialect: dialect{';', utf8BOM, true},
		header: []string{
			"settlement_kato", "settlement_name", "as_of", "households", "population", "pop_0_14",
			"pop_15_64", "pop_65_plus", "with_water", "with_internet", "cattle", "sheep", "horses",
			"pop_14_34", "pop_rural",
		},
		value: 4, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			return m.settlements(p, s, func(place *Place, c cut, draft bool) []string {
				if draft { // people who came since the last cut were not entered yet
					missed := m.count("missed people", place.Code, p.Start(), float64(c.adult)*0.01)
					c.adult -= missed
					c.people -= missed
					c.sheep -= c.sheep / 40
				}
				return []string{
					place.Code.String(), place.NameRU, p.Start().String(), whole(c.households), whole(c.people), whole(c.young),
					whole(c.adult), whole(c.old), whole(c.water), whole(c.internet), whole(c.cattle), whole(c.sheep), whole(c.horses),
					whole(m.youth(place, c)), whole(ruralPeople(place, c)),
				}
			})
		},
	}
}

func infrastructure() register {
	return register{
		source: "mio.infrastructure", freq: auyl.FreqDay, lag: 25,
		dialect: dialect{',', utf8Plain, false},
		header:  []string{"settlement_kato", "settlement_name", "as_of", "households_total", "with_water", "with_internet", "road_km", "road_km_good"},
		value:   6, bad: "99999999",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			return m.settlements(p, s, func(place *Place, c cut, draft bool) []string {
				if draft {
					c.water -= c.water / 30
					c.goodRoadKm *= 0.9
				}
				return []string{
					place.Code.String(), place.NameRU, p.Start().String(), whole(c.households), whole(c.water), whole(c.internet),
					decimal(c.roadKm, 1), decimal(c.goodRoadKm, 1),
				}
			})
		},
	}
}

// settlements makes a row of each place that has people on the day of the cut. A
// settlement is late when its okrug is.
func (m *Model) settlements(p auyl.Period, s issue, row func(*Place, cut, bool) []string) [][]string {
	var rows [][]string
	late := make(map[auyl.AreaCode]bool, len(m.okrugs))
	for i := range m.okrugs {
		late[m.okrugs[i].code] = m.okrugs[i].late
	}
	for i := range m.places {
		place := &m.places[i]
		in, draft := s.of(place.Code, late[place.Okrug])
		if !in {
			continue
		}
		if c := m.cutOf(i, p.Start()); c.people > 0 {
			rows = append(rows, row(place, c, draft))
		}
	}
	return rows
}
