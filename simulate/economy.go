package simulate

import (
	"fmt"
	"math"

	"github.com/auyl-kz/auyl"
)

// economyRegisters are the exports about the economy: enterprises, procurement, and
// who moves in and out of villages.
func economyRegisters() []register {
	return []register{businessRegister(), procurement(), householdMoves()}
}

// ruralPeople are all of the people of a village and nobody of a town.
func ruralPeople(place *Place, c cut) int64 {
	if place.Urban {
		return 0
	}
	return c.people
}

// householdMoves is the supplement of the household book: who came and who left
// since the last cut. Older programs of okrugs make it.
func householdMoves() register {
	return register{
		source: "akimat.household_moves", freq: auyl.FreqHalfYear, lag: 18,
		dialect: dialect{';', kz1048, true},
		header:  []string{"settlement_kato", "settlement_name", "as_of", "migrants_in", "migrants_out", "filled_by"},
		value:   3, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			in := s
			in.period = auyl.NewPeriod(auyl.FreqDay, p.End())
			return m.settlements(in.period, in, func(place *Place, c cut, draft bool) []string {
				far := m.districtOf(place.District).remoteness
				people := float64(c.people)
				came := m.count("came", place.Code, p.Start(), people*(0.012+0.010*(1-far))*m.logNormal("came", place.Code, p.Start(), 0.4))
				left := m.count("left", place.Code, p.Start(), people*(0.010+0.012*far)*m.logNormal("left", place.Code, p.Start(), 0.4))
				if m.chance("rounds", place.Code, 0) < 0.15 { // some write round numbers
					came, left = came/5*5, left/5*5
				}
				if draft {
					came -= came / 10
				}
				return []string{
					place.Code.String(), place.NameKK, dotted(p.End()), movers(came), movers(left),
					impossibleIIN(m.rng("clerk", place.Okrug, 0).Uint64()),
				}
			})
		},
	}
}

// movers writes a count as clerks do: nobody is a dash.
func movers(n int64) string {
	if n == 0 {
		return "-"
	}
	return whole(n)
}

// subjectsOfOblast is what a cut of the business register holds, about a
// hundredth of life: enough for each okrug to have some.
const subjectsOfOblast = 1300

// subject is one legal entity, sole trader or peasant farm of the register.
type subject struct {
	id         string // begins with month 13, in which nobody is registered
	owner      uint64
	kind       string
	registered auyl.Day
	closed     auyl.Day // 0: not yet
	idle       bool
}

func businessRegister() register {
	return register{
		source: "bns.business_register", freq: auyl.FreqMonth, lag: 8, ext: "json",
		encode: encodeSubjects,
		header: []string{"biin", "kato", "oked", "krp", "kind", "status", "change", "registerDate", "cut", "fio"},
		value:  5, bad: "unknown",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			var rows [][]string
			first := 0 // of the subjects of the okrug among all
			for i := range m.okrugs {
				o := &m.okrugs[i]
				list, n := m.subjects(o, p.End(), first)
				first += n
				// What is counted of an okrug is counted of one page, so a revision
				// holds all of the okrug and not the changed rows alone.
				in, draft := s.of(o.code, o.late)
				if !in || m.Population(o.code, p.Start()) == 0 {
					continue
				}
				for k, x := range list {
					rows = append(rows, x.row(o, p, draft && k%4 == 0))
				}
			}
			return rows
		},
	}
}

// subjects lists those of an okrug that were ever registered up to a day and not
// closed more than a year before it, and says how many there will ever be. The
// k-th subject of an okrug is the same in each cut.
func (m *Model) subjects(o *okrug, day auyl.Day, first int) (list []subject, n int) {
	const begin = 3 // years before the model's base day that the oldest was registered
	people := float64(m.Population(o.code, mustDay("2025-01-01")))
	far := o.district.remoteness
	stock := people * subjectsOfOblast / 1_600_000 * m.trait("subjects", o.code, 0.8, 1.3) * (1 + 0.4*far)
	perYear := stock * 0.16
	n = int(math.Ceil(stock + perYear*10))
	start := baseDay() - begin*365
	peasants := 0.3 + 0.25*far
	if o.urban {
		peasants = 0.03
	}
	for k := range n {
		rng := m.rng("subject", o.code, auyl.Day(k))
		// Every second number: one without a check digit gives way to the next.
		x := subject{id: fmt.Sprintf("26134%04d%03d", uint32(o.code)/1000%10000, k), owner: uint64(2 * (first + k))}
		x.kind = []string{"legal_entity", "sole_trader", "peasant_farm"}[weighted(rng.Float64(), []float64{0.15, 0.85 - peasants, peasants})]
		x.idle = rng.Float64() < 0.12
		x.registered = start - auyl.Day(rng.Float64()*2000)
		if young := float64(k) - stock; young >= 0 { // registered one after the other
			x.registered = start + auyl.Day((young+rng.Float64())/perYear*365)
		}
		life := -math.Log(1-rng.Float64()) * 9 * 365
		if c := max(x.registered, start) + auyl.Day(life) + 30; c <= day {
			x.closed = c
		}
		if x.registered < day && (x.closed == 0 || x.closed >= day-365) {
			list = append(list, x)
		}
	}
	return list, n
}

// row writes a subject as a cut shows it. In a draft closures of the last month are
// not entered yet.
func (x *subject) row(o *okrug, p auyl.Period, draft bool) []string {
	closed := x.closed != 0 && x.closed < p.End()
	if draft && x.closed >= p.Start() {
		closed = false
	}
	status, change := "active", "none"
	switch {
	case closed:
		status = "liquidated"
	case x.idle:
		status = "suspended"
	}
	switch {
	case x.registered >= p.Start() && x.registered < p.End():
		change = "registered"
	case closed && x.closed >= p.Start():
		change = "closed"
	}
	row := []string{x.id, o.code.String(), "01500", "105", x.kind, status, change, x.registered.String(), dotted(p.End()), ""}
	if x.kind != "legal_entity" { // known by their owner
		row[0], row[9] = impossibleIIN(x.owner), "ЖК Үлгі "+x.id[5:]
	}
	return row
}

// encodeSubjects wraps rows as the register's service answers.
func encodeSubjects(rows [][]string) ([]byte, error) {
	return encodeObjects(rows, `{"success":true,"obj":[`, "]}", "krp")
}
