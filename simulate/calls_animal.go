package simulate

import (
	"fmt"
	"math"

	"github.com/auyl-kz/auyl"
)

// What is asked for and what happens in a month, a third of it in life.
const (
	capturesPerMonth = 420
	bitesPerMonth    = 240
)

// captures exports the requests for catching of a month; the revision has what was
// done after the first export.
func captures() register {
	return register{
		source: "vet.stray_animals", freq: auyl.FreqMonth, lag: 8,
		dialect: dialect{',', utf8Plain, false},
		header: []string{
			"request_no", "kato", "requested_at", "done_at", "captured", "sterilised", "vaccinated", "euthanised", "returned", //nolint:misspell // the column of the register
			"applicant", "applicant_phone", "note",
		},
		value: 4, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			var rows [][]string
			first := p.End() + 8
			for _, c := range m.capturesOf(p) {
				before, after := m.captureRow(p, c, first), m.captureRow(p, c, first+revisionLag)
				switch {
				case !s.revision:
					rows = append(rows, before)
				case s.changed(before, after):
					rows = append(rows, after)
				}
			}
			if !s.revision && m.chance("file twice", 0, p.Start()) < 0.05 {
				rows = append(rows, rows...)
			}
			return rows
		},
	}
}

// capture is a request for catching.
type capture struct {
	n, place             int
	requested, done      auyl.Day
	captured             int64
	neutered, vaccinated int64
	euthanised, returned int64
	person               uint64
	dots                 bool // another clerk writes other dates
}

func (m *Model) capturesOf(p auyl.Period) []capture {
	rng := m.rng("captures", 0, p.Start())
	draw := m.drawPlaces(p.Start(), true)
	days := int(p.End() - p.Start())
	season := [12]float64{0.7, 0.8, 1.3, 1.5, 1.3, 1, 0.9, 0.9, 1, 1, 0.8, 0.7}[p.Start().Time().Month()-1]
	out := make([]capture, int(capturesPerMonth*float64(m.o.Scale)*season))
	for i := range out {
		place := draw(rng.Float64())
		c := capture{
			n: i + 1, place: place, requested: p.Start() + auyl.Day(i*days/len(out)), captured: 1 + rng.Int64N(6),
			person: 1 + rng.Uint64N(20000), dots: rng.Float64() < 0.1,
		}
		c.done = c.requested + auyl.Day(clamp(4*math.Exp(0.6*rng.NormFloat64()), 1, 60))
		// Where the road is long the team comes once a month.
		if far := m.districtOf(m.places[place].District).remoteness; rng.Float64() < 0.7*far {
			if c.done = p.Start() + 24; c.done <= c.requested {
				c.done = p.Shift(1).Start() + 24
			}
		}
		if rng.Float64() < 0.04 {
			c.done = math.MaxInt32 // nobody came
		}
		for range c.captured {
			u := rng.Float64()
			switch {
			case u < 0.08:
				c.returned++
			case u < 0.2:
				c.euthanised++
			case u < 0.8:
				c.neutered++
			}
		}
		c.vaccinated = c.captured - c.euthanised
		if rng.Float64() < 0.003 {
			c.neutered = c.captured + 1 // of a contract, not of a village
		}
		out[i] = c
	}
	return out
}

func (m *Model) captureRow(p auyl.Period, c capture, export auyl.Day) []string {
	date := func(d auyl.Day) string {
		if c.dots {
			return dotted(d)
		}
		return d.String()
	}
	row := []string{
		fmt.Sprintf("109-19-%s-%05d-J", p.Start().Time().Format("200601"), c.n), m.places[c.place].Okrug.String(), date(c.requested),
		"", "", "", "", "", "", canaryName(c.person), impossiblePhone(c.person), "",
	}
	if c.done < export {
		row[3], row[4], row[5] = date(c.done), whole(c.captured), whole(c.neutered)
		row[6], row[7], row[8] = whole(c.vaccinated), whole(c.euthanised), whole(c.returned)
	}
	return row
}

// bites exports the bites that were treated in a month.
func bites() register {
	return register{
		source: "vet.dog_bites", freq: auyl.FreqMonth, lag: 9,
		dialect: dialect{';', windows1251, true},
		header:  []string{"bite_id", "kato", "date", "age_band", "rabies_risk"},
		value:   3, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			rng := m.rng("bites", 0, p.Start())
			draw := m.drawPlaces(p.Start(), true)
			days := int(p.End() - p.Start())
			var rows [][]string
			for i := range bitesPerMonth * m.o.Scale {
				o := m.okrugAt(draw(rng.Float64()))
				risk := []string{"да", "нет"}[weighted(rng.Float64(), []float64{1, 9})]
				row := []string{
					fmt.Sprintf("УС-%s-%05d", p.Start().Time().Format("200601"), i+1), o.code.String(),
					dotted(p.Start() + auyl.Day(i*days/(bitesPerMonth*m.o.Scale))), []string{"0-14", "15-64", "65+"}[weighted(rng.Float64(), []float64{38, 50, 12})], risk,
				}
				// Where an okrug is late, so is its feldsher.
				if in, _ := s.of(o.code, o.late); in {
					rows = append(rows, row)
				}
			}
			return rows
		},
	}
}

// shelters exports places and days of each shelter: one in a district, two in a
// large one.
func shelters() register {
	return register{
		source: "vet.shelters", freq: auyl.FreqMonth, lag: 6, once: true,
		dialect: dialect{'\t', utf8BOM, true},
		header:  []string{"shelter_id", "kato", "period", "places", "animal_days"},
		value:   4, bad: "-7",
		rows: func(m *Model, p auyl.Period, _ issue) [][]string {
			var rows [][]string
			for _, d := range m.districts {
				for n := range 1 + int(m.chance("shelters", d.code, 0)*2) {
					places := int64(m.between("places", d.code, auyl.Day(n), 30, 140))
					use := m.between("shelter use", d.code, p.Start()+auyl.Day(n), 0.55, 1.1)
					animals := int64(float64(places*int64(p.End()-p.Start())) * use)
					rows = append(rows, []string{fmt.Sprintf("П-%s-%d", d.code.String()[:4], n+1), d.code.String(), label(p), whole(places), whole(animals)})
				}
			}
			return rows
		},
	}
}

// pets exports what is registered beside what is thought to be there.
func pets() register {
	return register{
		source: "vet.pets", freq: auyl.FreqHalfYear, lag: 20,
		dialect: dialect{';', kz1048, true},
		header:  []string{"kato", "okrug", "as_of", "registered", "estimated", "basis"},
		value:   3, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			return m.okrugRows(p, s, func(o *okrug, c cut, draft bool) []string {
				years := float64(p.Start()-alatauDay()) / 365.25
				estimated := int64(float64(c.households) * m.trait("dogs", o.code, 0.4, 0.8))
				registered := int64(float64(estimated) * clamp(m.trait("chips", o.code, 0.2, 0.7)+0.09*years, 0, 1.08))
				if draft {
					registered -= registered / 12
				}
				return []string{o.code.String(), o.nameKK, dotted(p.End()), treasury(10 * registered), treasury(10 * estimated), "оценка по дворам"}
			})
		},
	}
}
