package simulate

import (
	"bytes"
	_ "embed" // the two tables of districts
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/auyl-kz/auyl"
)

//go:embed population_2023.csv
var population2023 []byte // published: Bureau of National Statistics, see NOTICE

//go:embed profile.csv
var profileTable []byte // made up: yearly growth relative to the oblast, remoteness 0..1, people of 2023 who came under Alatau

const (
	// yearlyGrowth takes the 1,505,984 of January 2023 to 1.57 million in the middle of 2026.
	yearlyGrowth = 1.012
	// ruralShare is the published share of 2025, rounded as published.
	ruralShare = 0.806
	alatauCode = auyl.AreaCode(191800000)
)

// district is what the model knows of a unit of level 3.
type district struct {
	code           auyl.AreaCode
	nameRU, nameKK string
	term           string
	urban, rural   int64 // people on 1 January 2023
	growth         float64
	remoteness     float64
	toAlatau       float64
	places         []int // indices of its places
}

// remainder is what rounding down took from one part.
type remainder struct {
	index int
	frac  float64
}

func sortRemainders(r []remainder) {
	slices.SortStableFunc(r, func(a, b remainder) int {
		switch {
		case a.frac > b.frac:
			return -1
		case a.frac < b.frac:
			return 1
		}
		return 0
	})
}

func baseDay() auyl.Day { return mustDay("2023-01-01") }

func alatauDay() auyl.Day { return mustDay("2024-01-01") }

// mustDay reads a day that stands in the source; a wrong one is the zero Day, which tests would show.
func mustDay(s string) auyl.Day {
	d, err := auyl.ParseDay(s)
	if err != nil {
		return 0
	}
	return d
}

// readTables fills the districts of the model from the embedded tables and returns
// the published population of district centers.
func readTables() (districts map[auyl.AreaCode]*district, centers map[auyl.AreaCode]int64, err error) {
	districts = make(map[auyl.AreaCode]*district)
	err = eachRow(profileTable, func(code auyl.AreaCode, row []string) error {
		d := &district{code: code}
		for i, p := range []*float64{&d.growth, &d.remoteness, &d.toAlatau} {
			f, err := strconv.ParseFloat(row[i+1], 64)
			if err != nil {
				return err
			}
			*p = f
		}
		districts[code] = d
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("profile.csv: %w", err)
	}
	centers = make(map[auyl.AreaCode]int64)
	err = eachRow(population2023, func(code auyl.AreaCode, row []string) error {
		n, err := strconv.ParseInt(row[4], 10, 64)
		if err != nil {
			return err
		}
		d := districts[code]
		switch {
		case row[1] == "settlement":
			centers[code] = n
		case d == nil:
			return fmt.Errorf("district %v has no profile", code)
		case row[2] == "urban":
			d.urban = n
		default:
			d.rural = n
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("population_2023.csv: %w", err)
	}
	return districts, centers, nil
}

func eachRow(table []byte, f func(auyl.AreaCode, []string) error) error {
	rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		return err
	}
	for i, row := range rows[1:] {
		code, err := auyl.ParseAreaCode(row[0])
		if err == nil {
			err = f(code, row)
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", i+1, err)
		}
	}
	return nil
}

// weigh gives each place its share of the urban or rural people of its district:
// okrugs are log-normal, the first settlement of an okrug is its center, and
// district centers keep the share that was published for 2023.
func (m *Model) weigh(centers map[auyl.AreaCode]int64) {
	m.weights = make([]float64, len(m.places))
	for _, d := range m.districts {
		var known, rest float64
		for _, i := range d.places {
			p := &m.places[i]
			if n := centers[p.Code]; n > 0 {
				known += float64(n)
				continue
			}
			w := m.logNormal("size of place", p.Code, 0, 0.6)
			if !p.Urban {
				w *= m.logNormal("size of okrug", p.Okrug, 0, 0.55)
				if p.Code != p.Okrug+100 {
					w *= 0.3
				}
				rest += w
			}
			m.weights[i] = w
		}
		for _, i := range d.places {
			switch n := centers[m.places[i].Code]; {
			case n > 0:
				m.weights[i] = float64(n)
			case !m.places[i].Urban && rest > 0:
				m.weights[i] *= (float64(d.rural) - known) / rest
			}
		}
	}
}

// people returns the population of every place on a day, in the order of m.places.
// The caller must not change it.
func (m *Model) people(day auyl.Day) []int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p, ok := m.byDay[day]; ok {
		return p
	}
	years := float64(day-baseDay()) / 365.25
	var base, baseRural int64
	for _, d := range m.districts {
		base += d.urban + d.rural
		baseRural += d.rural
	}
	total := int64(math.Round(float64(base) * math.Pow(yearlyGrowth, years)))
	rural := int64(math.Round(float64(total) * float64(baseRural) / float64(base)))
	split := day >= alatauDay()
	if split {
		rural = int64(math.Round(float64(total) * ruralShare))
	}

	var moved float64
	for _, d := range m.districts {
		moved += d.toAlatau
	}
	ruralWeights := make([]float64, len(m.districts))
	urbanWeights := make([]float64, len(m.districts))
	for i, d := range m.districts {
		g := math.Pow(d.growth, years)
		ruralWeights[i] = float64(d.rural) * g
		urbanWeights[i] = float64(d.urban) * g
		if split {
			ruralWeights[i] -= d.toAlatau * g
			if d.code == alatauCode {
				urbanWeights[i] = moved * g
			}
		}
	}
	out := make([]int64, len(m.places))
	ruralParts, urbanParts := apportion(rural, ruralWeights), apportion(total-rural, urbanWeights)
	for i, d := range m.districts {
		m.share(out, d, false, ruralParts[i])
		m.share(out, d, true, urbanParts[i])
	}
	m.byDay[day] = out
	return out
}

// share spreads the urban or rural people of a district over its places.
func (m *Model) share(out []int64, d *district, urban bool, n int64) {
	var at []int
	var w []float64
	for _, i := range d.places {
		if m.places[i].Urban == urban {
			at = append(at, i)
			w = append(w, m.weights[i])
		}
	}
	for k, part := range apportion(n, w) {
		out[at[k]] = part
	}
}

// Population returns the number of people on a day in a settlement, okrug,
// district or the oblast as a whole; 0 for an area that the model does not hold.
func (m *Model) Population(a auyl.AreaCode, day auyl.Day) int64 {
	var n int64
	people := m.people(day)
	for i := range m.places {
		p := &m.places[i]
		if p.Code == a || p.Okrug == a || p.District == a || p.Code.Oblast() == a {
			n += people[i]
		}
	}
	return n
}
