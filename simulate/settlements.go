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
					whole(m.youth(place, c.people)), whole(ruralPeople(place, c)),
				}
			})
		},
	}
}

func infrastructure() register {
	return register{
		source: "mio.infrastructure", freq: auyl.FreqDay, lag: 25,
		dialect: dialect{',', utf8Plain, false},
		header: []string{
			"settlement_kato", "settlement_name", "as_of", "households_total", "with_water", "with_internet", "road_km", "road_km_good",
			"population", "people_water", "people_broadband", "with_gas", "street_km", "street_km_lit", "bus", "srs_required", "srs_available",
			"med_point", "med_posts", "med_posts_vacant",
		},
		value: 6, bad: "99999999",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			return m.settlements(p, s, func(place *Place, c cut, draft bool) []string {
				if draft {
					c.water -= c.water / 30
					c.goodRoadKm *= 0.9
				}
				return append([]string{
					place.Code.String(), place.NameRU, p.Start().String(), whole(c.households), whole(c.water), whole(c.internet),
					decimal(c.roadKm, 1), decimal(c.goodRoadKm, 1),
				}, m.services(place, c, p.Start())...)
			})
		},
	}
}

// services are the columns of what a settlement offers its people.
func (m *Model) services(place *Place, c cut, day auyl.Day) []string {
	far := m.districtOf(place.District).remoteness
	years := float64(day-alatauDay()) / 365.25
	of := func(n int64, share float64) int64 { return int64(float64(n) * clamp(share, 0, 1)) }
	yes := func(what string, near float64) int64 {
		if m.trait(what, place.Code, 0, 1) < near-0.4*far+0.02*years {
			return 1
		}
		return 0
	}
	water, broadband := int64(0), int64(0)
	if c.households > 0 {
		water = c.people * c.water / c.households
		broadband = c.people * c.internet / c.households
	}
	gas := of(c.households, float64(yes("gas pipe", 0.75))*m.trait("gas", place.Code, 0.6, 0.98))
	lit := clamp(m.trait("lit", place.Code, 0.35, 0.95)+0.03*years, 0, 1) * c.roadKm
	required := 6 + c.people/1500
	required = min(required, 14)
	available := of(required, m.trait("standards", place.Code, 0.55, 1)-0.15*far+0.02*years)
	posts := 1 + c.people/900
	vacant := of(posts, m.trait("no doctors", place.Code, 0, 0.35)+0.2*far)
	return []string{
		whole(c.people), whole(water), whole(broadband), whole(gas), decimal(c.roadKm, 1), decimal(lit, 1),
		whole(yes("bus", 0.95)), whole(required), whole(available), whole(c.people * yes("med point", 1.1)), whole(posts), whole(vacant),
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
