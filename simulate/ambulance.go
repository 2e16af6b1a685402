package simulate

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/auyl-kz/auyl"
)

// callsPerMonth is a ninth of what the oblast has in life: enough for every
// settlement to be seen, few enough for a first run.
const callsPerMonth = 4000

// call is one call of the ambulance service; instants are local clock.
type call struct {
	at                time.Time
	place             int
	category          int
	toArrive, toClose time.Duration
	outcome           string
	person            uint64 // 0: nobody's papers were seen
	corrected         bool   // the first export had the arrival wrong
	entered           time.Duration
	address           int // 0 resolved, 1 the okrug alone is known, 2 nothing
	clock             int // 0 as it was, 1 rounded to five minutes, 2 in UTC
	unjudged          bool
}

func ambulance() register {
	return register{
		source: "moh.ambulance_103", freq: auyl.FreqMonth, lag: 2,
		dialect: dialect{';', utf8BOM, true},
		header: []string{
			"call_no", "settlement_kato", "registered_at", "arrived_at", "closed_at", "category", "norm_min", "outcome",
			"address_resolved", "patient_iin", "phone",
		},
		value: 5, bad: "9",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			var rows [][]string
			for i, c := range m.calls(p) {
				if s.revision && !c.corrected {
					continue
				}
				rows = append(rows, m.callRow(p, i, c, !s.revision && c.corrected))
			}
			return rows
		},
	}
}

// norm returns the minutes within which an ambulance has to arrive, by category.
func norm(category int) int {
	switch category {
	case 1:
		return 10
	case 2:
		return 15
	case 3:
		return 30
	}
	return 60
}

// calls makes the calls of a month in the order of their registration. Calls peak
// in January, and on the evening of each day.
func (m *Model) calls(p auyl.Period) []call {
	rng := m.rng("calls", 0, p.Start())
	month := p.Start().Time().Month()
	season := [12]float64{1.35, 1.2, 1.05, 0.95, 0.9, 0.85, 0.85, 0.9, 0.95, 1.0, 0.95, 1.05}[month-1]
	n := int(math.Round(callsPerMonth * float64(m.o.Scale) * season))

	people := m.people(p.Start())
	upTo := make([]int64, len(people)) // running sums, to draw a place by its people
	var all int64
	for i, v := range people {
		all += v
		upTo[i] = all
	}
	days := int(p.End() - p.Start())
	hours := [24]float64{3, 2, 2, 1.5, 1.5, 2, 3, 4, 5, 5, 5, 5, 5, 4.5, 4.5, 4.5, 5, 5.5, 6, 7, 7, 6.5, 5.5, 4.5}

	out := make([]call, n)
	for i := range out {
		hour := weighted(rng.Float64(), hours[:])
		at := p.Start().Time().AddDate(0, 0, rng.IntN(days)).
			Add(time.Duration(hour)*time.Hour + time.Duration(rng.IntN(3600))*time.Second)
		place, _ := slices.BinarySearch(upTo, 1+rng.Int64N(all))
		c := call{at: at, place: place, category: 1 + weighted(rng.Float64(), []float64{6, 34, 40, 20})}

		pl := &m.places[place]
		far := m.districtOf(pl.District).remoteness
		base := float64(norm(c.category)) * (0.45 + 0.35*far + m.trait("distance", pl.Code, 0, 0.3))
		arrive := base * math.Exp(0.45*rng.NormFloat64())
		c.toArrive = time.Duration(clamp(arrive*60, 90, 4*3600)) * time.Second
		c.toClose = time.Duration(15+rng.IntN(60)) * time.Minute
		c.outcome = []string{"оставлен дома", "госпитализирован", "отказ", "отмена"}[weighted(rng.Float64(), []float64{66, 26, 5, 3})]
		if rng.Float64() < 0.8 {
			c.person = 1 + rng.Uint64N(20000)
		}
		c.corrected = rng.Float64() < 0.05
		c.entered = time.Duration(2+rng.IntN(13)) * time.Minute
		// The register of addresses is out of reach for half of the dispatchers.
		c.address = weighted(rng.Float64(), []float64{88 - 20*far, 8 + 16*far, 0.1})
		c.clock = weighted(rng.Float64(), []float64{85, 14.7, 0.3})
		c.unjudged = rng.Float64() < 0.01
		if i > 0 && rng.Float64() < 0.012 { // two neighbors call, and one of the calls is closed
			c = out[i-1]
			c.at, c.outcome = c.at.Add(time.Duration(rng.IntN(200))*time.Second), "отмена"
		}
		out[i] = c
	}
	slices.SortStableFunc(out, func(a, b call) int { return a.at.Compare(b.at) })
	return out
}

// callRow writes one call. In a draft the arrival was entered too late, when the
// brigade came back.
func (m *Model) callRow(p auyl.Period, i int, c call, draft bool) []string {
	const clock = "2006-01-02 15:04:05"
	arrived := c.at.Add(c.toArrive)
	if c.clock == 1 { // written down when there was time
		arrived = arrived.Add(5*time.Minute - 1).Truncate(5 * time.Minute)
	}
	closed := arrived.Add(c.toClose)
	if draft {
		arrived = arrived.Add(c.entered)
	}
	if c.clock == 2 {
		arrived = arrived.Add(-5 * time.Hour)
	}
	row := []string{
		fmt.Sprintf("103-19-%s-%06d", p.Start().Time().Format("200601"), i+1), m.places[c.place].Code.String(),
		c.at.Format(clock), arrived.Format(clock), closed.Format(clock),
		whole(int64(c.category)), whole(int64(norm(c.category))), c.outcome, "1", "", "",
	}
	if c.outcome == "отмена" {
		row[3] = ""
		row[4] = c.at.Add(5 * time.Minute).Format(clock)
	}
	if c.unjudged {
		row[5], row[6] = "", ""
	}
	switch c.address {
	case 1:
		row[1], row[8] = m.places[c.place].Okrug.String(), "0"
	case 2:
		row[1], row[8] = "", "0"
	}
	if c.person > 0 {
		row[9], row[10] = impossibleIIN(c.person), impossiblePhone(c.person)
	}
	return row
}

// weighted returns the index that the uniform number u falls on.
func weighted(u float64, weights []float64) int {
	var sum float64
	for _, w := range weights {
		sum += w
	}
	u *= sum
	for i, w := range weights {
		if u < w {
			return i
		}
		u -= w
	}
	return len(weights) - 1
}
