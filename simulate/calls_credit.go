package simulate

import (
	"fmt"
	"math"

	"github.com/auyl-kz/auyl"
)

// creditsPerMonth are the applications for loans of a month, as many as in life.
const creditsPerMonth = 220

// credit is one application of «Ауыл аманаты» and what became of it.
type credit struct {
	no                       string
	place                    int
	applied, decided, issued auyl.Day
	oked                     string
	processing               bool
	requested, amount        int64 // amount 0: refused
	reason                   string
	term, planned, confirmed int64
	overdue                  int64
	person                   uint64
}

// credits exports month by month what was applied for, what was decided, and what
// came of the loans of half a year ago.
func credits() register {
	return register{
		source: "spk.auyl_amanaty", freq: auyl.FreqMonth, lag: 3,
		dialect: dialect{',', utf8Plain, false},
		header: []string{
			"application_no", "settlement_kato", "applied_at", "purpose_oked", "is_processing", "amount_requested", "decision",
			"decided_at", "refusal_reason", "amount_issued", "issued_at", "term_months", "rate", "jobs_planned", "jobs_confirmed",
			"outstanding", "overdue_days", "borrower", "borrower_iin",
		},
		value: 5, bad: "8.00", // in million
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			var rows [][]string
			for back := range 8 {
				for _, c := range m.creditsOf(p.Shift(-back)) {
					filed, decided := c.applied >= p.Start(), c.decided >= p.Start() && c.decided < p.End()
					half := c.amount > 0 && c.decided >= p.Shift(-6).Start() && c.decided < p.Shift(-6).End()
					if !filed && !decided && !half {
						continue
					}
					o := m.okrugAt(c.place)
					if in, draft := s.of(o.code, o.late); in {
						rows = append(rows, m.creditRow(c, p.End(), draft))
					}
				}
			}
			return rows
		},
	}
}

// creditsOf makes the applications of a month in the order of their numbers.
func (m *Model) creditsOf(p auyl.Period) []credit {
	rng := m.rng("credits", 0, p.Start())
	draw := m.drawPlaces(p.Start(), false)
	days := int(p.End() - p.Start())
	out := make([]credit, creditsPerMonth*m.o.Scale)
	for i := range out {
		place := draw(rng.Float64())
		district := m.districtOf(m.places[place].District)
		c := credit{
			no: fmt.Sprintf("AA-19-%s-%05d", p.Start().Time().Format("200601"), i+1), place: place,
			applied: p.Start() + auyl.Day(i*days/len(out)), processing: rng.Float64() < 0.12, person: 1 + rng.Uint64N(20000),
		}
		c.decided = c.applied + auyl.Day(clamp(38*math.Exp(0.4*rng.NormFloat64())*(1+0.3*district.remoteness), 10, 150))
		c.issued = c.decided + 4 + auyl.Day(rng.IntN(14))
		c.oked, c.term = []string{"01.41", "01.43", "01.45", "01.13", "47.11", "96.02"}[rng.IntN(6)], 60
		c.requested = 100_000 * (10 + rng.Int64N(88))
		if c.processing {
			c.oked, c.term = []string{"10.51", "10.11", "10.61"}[rng.IntN(3)], 84
			c.requested = 500_000 * (10 + rng.Int64N(50))
		}
		c.planned = 1 + c.requested/4_000_000
		// What has no collateral is refused, and the farther the less a house is worth as such.
		if rng.Float64() < 0.68-0.15*district.remoteness {
			c.amount = c.requested * (80 + rng.Int64N(21)) / 100
			c.confirmed = rng.Int64N(c.planned + 2)
			c.overdue = []int64{0, 1 + rng.Int64N(60), 91 + rng.Int64N(200)}[weighted(rng.Float64(), []float64{92, 5, 3})]
			if !c.processing && rng.Float64() < 0.004 {
				c.amount = 14_000_000 // beyond what the rules allow
			}
		}
		c.reason = []string{"collateral", "credit_history", "no_plan", "not_rural", "other"}[weighted(rng.Float64(), []float64{46 + 14*district.remoteness, 24, 14, 4, 12})]
		out[i] = c
	}
	return out
}

// creditRow writes an application as it stands on a day. In a draft the reason of
// a refusal was not sorted yet.
func (m *Model) creditRow(c credit, asOf auyl.Day, draft bool) []string {
	flag := func(b bool) string {
		if b {
			return "1"
		}
		return "0"
	}
	row := []string{
		c.no, m.places[c.place].Code.String(), c.applied.String(), c.oked, flag(c.processing), whole(c.requested), "pending",
		"", "", "", "", "", "", whole(c.planned), "", "", "", canaryName(c.person), impossibleIIN(c.person),
	}
	if c.decided >= asOf {
		return row
	}
	row[7] = c.decided.String()
	if c.amount == 0 {
		row[6], row[8] = "refused", c.reason
		if draft {
			row[8] = "other"
		}
		return row
	}
	row[6], row[11], row[12] = "approved", whole(c.term), "2.5"
	if c.issued >= asOf {
		return row
	}
	months := int64(asOf-c.issued) / 30
	row[9], row[10] = whole(c.amount), c.issued.String()
	row[15], row[16] = whole(c.amount-c.amount*min(months, c.term)/c.term), "0"
	row[14] = "0" // jobs are proved by contributions, half a year later
	if months >= 5 {
		row[14], row[16] = whole(c.confirmed), whole(c.overdue)
	}
	return row
}

// portfolio exports the balances of all loans by okrug, which no file of
// applications adds up to: most of them are older.
func portfolio() register {
	return register{
		source: "spk.portfolio", freq: auyl.FreqMonth, lag: 4,
		dialect: dialect{';', windows1251, true},
		header:  []string{"kato", "okrug", "as_of", "loans_active", "outstanding", "overdue_90"},
		value:   3, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			return m.okrugRows(p, s, func(o *okrug, c cut, draft bool) []string {
				years := float64(p.Start()-alatauDay()) / 365.25
				loans := int64(float64(c.people) * m.trait("loans", o.code, 0.0008, 0.002) * (1 + 0.4*years))
				row := []string{o.code.String(), o.nameRU, dotted(p.End()), "x", "x", "x"}
				if loans < 5 {
					return row
				}
				balance := loans * int64(3_900_000*m.between("balance", o.code, p.Start(), 0.9, 1.1))
				bad := int64(float64(balance) * clamp(m.trait("overdue", o.code, 0, 0.1)+m.between("overdue now", o.code, p.Start(), -0.01, 0.02), 0, 1))
				if draft { // payments that are on their way
					bad += bad / 10
				}
				row[3], row[4], row[5] = whole(loans), treasury(10*balance), treasury(10*bad)
				return row
			})
		},
	}
}
