package simulate

import (
	"math"

	"github.com/auyl-kz/auyl"
)

// species is one kind of farm animal in the register of identified animals.
type species struct {
	id     string
	norm   [4]float64 // hectares of pasture per head, by zone
	births float64    // a year per head
	spring float64    // share of the births that falls into March to May
}

func allSpecies() []species {
	return []species{
		{"cattle", [4]float64{4.5, 6, 9.5, 14}, 0.28, 0.6},
		{"sheep", [4]float64{0.9, 1.2, 1.9, 2.8}, 0.55, 0.85},
		{"horse", [4]float64{5.4, 7.2, 11.4, 16.8}, 0.22, 0.75},
		{"camel", [4]float64{6.3, 8.4, 13.3, 19.6}, 0.18, 0.75},
	}
}

// heads are the animals of an okrug on a day: those of households, and of all.
func (m *Model) heads(o *okrug, s species, day auyl.Day) (household, all int64) {
	c := m.sum(o, day)
	switch s.id {
	case "cattle":
		household = c.cattle
	case "sheep":
		household = c.sheep
	case "horse":
		household = c.horses
	case "camel":
		if o.district.remoteness > 0.7 { // the sands along Balqash and the Ili
			household = int64(float64(c.horses) * m.trait("camels", o.code, 0, 0.12))
		}
	}
	// The register knows animals that the household book has forgotten, and lacks
	// those without a tag.
	household = int64(math.Round(float64(household) * (m.trait("tagged", o.code, 0.86, 1.08) + m.between("tagged "+s.id, o.code, day, -0.01, 0.01))))
	all = household + int64(float64(household)*m.trait("farms "+s.id, o.code, 0.2, 0.9))
	return household, all
}

func livestock() register {
	return register{
		source: "moa.livestock_id", freq: auyl.FreqMonth, lag: 3,
		dialect: dialect{',', utf8Plain, true},
		header: []string{
			"kato", "okrug", "species", "as_of", "heads", "heads_household", "born", "died", "due", "vaccinated",
			"veterinarian_iin", "veterinarian_phone",
		},
		value: 4, bad: "99999999",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			var rows [][]string
			for i := range m.okrugs {
				o := &m.okrugs[i]
				in, draft := s.of(o.code, o.late)
				if !in || m.sum(o, p.End()).people == 0 {
					continue
				}
				for _, sp := range allSpecies() {
					rows = append(rows, m.herdRow(o, sp, p, draft))
				}
			}
			return rows
		},
	}
}

func (m *Model) herdRow(o *okrug, sp species, p auyl.Period, draft bool) []string {
	household, all := m.heads(o, sp, p.End())
	_, month := yearOf(p)
	season := (1 - sp.spring) / 9
	if month >= 3 && month <= 5 {
		season = sp.spring / 3
	}
	born := m.count("born "+sp.id, o.code, p.Start(), float64(all)*sp.births*season*m.between("births "+sp.id, o.code, p.Start(), 0.9, 1.1))
	died := m.count("died "+sp.id, o.code, p.Start(), float64(all)*0.002*m.logNormal("deaths "+sp.id, o.code, p.Start(), 0.6))
	// The plan of vaccination runs in spring and in autumn.
	campaign := [12]float64{0, 0.02, 0.25, 0.3, 0.15, 0.02, 0.02, 0.02, 0.2, 0.25, 0.1, 0}[month-1]
	due := int64(float64(all) * campaign)
	vaccinated := int64(float64(due) * clamp(m.trait("vaccinates", o.code, 0.8, 1.02)+m.between("vaccinates "+sp.id, o.code, p.Start(), -0.08, 0.04), 0, 1))
	if draft { // deaths are closed late, and the last journals of vaccination come late too
		all += died
		died = 0
		vaccinated -= vaccinated / 12
	}
	n := m.rng("veterinarian", o.code, 0).Uint64()
	return []string{
		o.code.String(), o.nameRU, sp.id, dotted(p.End()), whole(all), whole(household), whole(born), whole(died),
		whole(due), whole(vaccinated), impossibleIIN(n), impossiblePhone(n),
	}
}
