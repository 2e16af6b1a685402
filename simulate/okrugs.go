package simulate

import (
	"math"
	"time"

	"github.com/auyl-kz/auyl"
)

// okrugRows makes a row of each okrug that has people at the end of the period.
func (m *Model) okrugRows(p auyl.Period, s issue, row func(o *okrug, c cut, draft bool) []string) [][]string {
	var rows [][]string
	for i := range m.okrugs {
		o := &m.okrugs[i]
		in, draft := s.of(o.code, o.late)
		if !in {
			continue
		}
		if c := m.sum(o, p.End()); c.people > 0 {
			if r := row(o, c, draft); r != nil { // who makes several rows gathers them itself
				rows = append(rows, r)
			}
		}
	}
	return rows
}

func localBudget() register {
	return register{
		source: "minfin.local_budget", freq: auyl.FreqMonth, lag: 5,
		dialect: dialect{'\t', kz1048, true},
		header: []string{
			"kato", "okrug", "as_of", "tax", "nontax", "capital_sales", "transfers",
			"revenue_total", "expenditure_plan", "expenditure_actual", "own_revenue_plan_period", "expenditure_plan_period",
			"expenditure_development", "rent",
		},
		value: 3, bad: "-7\u00a0000\u00a0000,0",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			return m.okrugRows(p, s, func(o *okrug, _ cut, draft bool) []string {
				b := m.budget(o, p, draft)
				return budgetRow(o.code.String(), o.nameKK, p, b)
			})
		},
		totals: func(m *Model, p auyl.Period, rows [][]string) [][]string {
			var sum budget
			for i := range m.okrugs {
				o := &m.okrugs[i]
				in, draft := (issue{m, "minfin.local_budget", p, false}).of(o.code, o.late)
				if !in || m.sum(o, p.End()).people == 0 {
					continue
				}
				for k, v := range m.budget(o, p, draft) {
					sum[k] += v
				}
			}
			if len(rows) == 0 {
				return nil
			}
			return [][]string{budgetRow("190000000", "ЖИЫНЫ / ИТОГО", p, sum)}
		},
	}
}

// budget is tenths of thousand tenge since 1 January: taxes, other revenue, sales
// of capital, transfers, planned spending of the year, actual spending; planned own
// revenue, planned spending, spending on development, rent of property.
type budget [10]int64

func budgetRow(code, name string, p auyl.Period, b budget) []string {
	revenue := b[0] + b[1] + b[2] + b[3]
	row := []string{
		code, name, dotted(p.End()), treasury(b[0]), treasury(b[1]), treasury(b[2]), treasury(b[3]), treasury(revenue),
	}
	for _, v := range b[4:] {
		row = append(row, treasury(v))
	}
	return row
}

func (m *Model) budget(o *okrug, p auyl.Period, draft bool) budget {
	y := auyl.NewPeriod(auyl.FreqYear, p.Start()).Start()
	years := float64(y-baseDay()) / 365.25
	people := float64(m.sum(o, y).people)
	far := o.district.remoteness
	plan := (22000 + people*(3.5+6*(1-far))) * math.Pow(1.08, years) * m.logNormal("budget", o.code, 0, 0.2)
	own := clamp(m.between("own revenue", o.code, 0, 0.1, 0.35)+0.3*(1-far), 0.06, 0.92)
	sales := 0.05
	if m.chance("sells land", o.code, y) < 0.4 {
		sales = 0
	}
	month := p.Start().Time().Month()
	done := func(what string, shares [12]float64) float64 {
		var sum, all float64
		for i, s := range shares {
			// Noise per month makes the running sum grow as money comes in, and only grow.
			s *= m.between(what, o.code, y+auyl.Day(i), 0.85, 1.15)
			all += s
			if i < int(month) {
				sum += s
			}
		}
		return sum / all
	}
	// Transport tax is due in April, property and land tax in October.
	taxes := done("tax", [12]float64{5, 6, 8, 16, 7, 6, 6, 7, 10, 18, 6, 5})
	even := done("even", [12]float64{6, 8, 8, 9, 8, 9, 8, 8, 8, 9, 9, 10})
	built := done("development", [12]float64{1, 1, 2, 5, 9, 14, 16, 16, 14, 11, 7, 4})
	soft := m.between("soft plan", o.code, y, 0.82, 1.06) * float64(month) / 12
	tenths := func(x float64) int64 { return int64(math.Round(10 * x)) }
	b := budget{
		tenths(plan * own * 0.93 * taxes),
		tenths(plan * own * 0.02 * even),
		tenths(plan * own * sales * even),
		tenths(plan * (1 - own) * even),
		tenths(plan),
		tenths(plan * even * m.between("spending", o.code, y, 0.92, 0.995)),
		tenths(plan * own * (0.95 + sales) * soft),
		tenths(plan * even),
		tenths(plan * 0.9 * m.trait("development", o.code, 0.08, 0.3) * built),
		0,
	}
	b[9] = int64(float64(b[1]) * m.trait("rents out", o.code, 0.2, 0.9))
	if draft { // payments of the last days are entered with the correction
		b[0] -= b[0] / 50
		b[5] -= b[5] / 80
	}
	return b
}

func assistance() register {
	return register{
		source: "mlsp.asp", freq: auyl.FreqQuarter, lag: 20,
		dialect: dialect{';', utf8Plain, false},
		header: []string{
			"kato", "okrug", "period", "asp_recipients", "families", "able_bodied", "able_bodied_employed",
			"children_1_6", "amount_kzt", "executor_iin", "executor_phone",
		},
		value: 4, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			return m.okrugRows(p, s, func(o *okrug, c cut, draft bool) []string {
				rate := c.povertyWeight * m.between("assistance", o.code, p.Start(), 0.85, 1.15)
				if p.Start().Time().Month() < time.April {
					rate *= 1.15
				}
				if p.End() > mustDay("2025-10-01") { // families with loans lost the right in September 2025
					rate *= 0.7
				}
				recipients := m.count("recipients", o.code, p.Start(), float64(c.people)*rate)
				if draft {
					recipients -= recipients / 20
				}
				able := m.count("able-bodied", o.code, p.Start(), float64(recipients)*m.trait("able-bodied", o.code, 0.2, 0.3))
				placed := int64(float64(able) * m.between("placed in work", o.code, p.Start(), 0.35, 0.75))
				children := int64(float64(recipients) * m.trait("small children", o.code, 0.18, 0.26))
				amount := "x" // the sum would name the family where there are few
				if recipients >= 5 {
					amount = whole(recipients * int64(m.between("assistance paid", o.code, p.Start(), 24000, 39000)))
				}
				n := m.rng("executor", o.code, 0).Uint64()
				return []string{
					o.code.String(), o.nameRU, label(p), suppressed(recipients), suppressed(recipients * 10 / 47),
					suppressed(able), suppressed(placed), suppressed(children), amount,
					impossibleIIN(n), impossiblePhone(n),
				}
			})
		},
	}
}

func laborMarket() register {
	return register{
		source: "enbek.labour_market", freq: auyl.FreqMonth, lag: 12,
		dialect: dialect{',', utf8Plain, false},
		header: []string{
			"kato", "okrug", "period", "registered_unemployed", "youth", "jobs_created", "jobs_permanent",
			"population_working_age", "jobseekers", "participants_active_measures", "youth_grants_issued", "youth_loans_issued",
			"workforce",
		},
		value: 3, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			return m.okrugRows(p, s, func(o *okrug, c cut, draft bool) []string {
				month := p.Start().Time().Month()
				winter := 1 + 0.18*math.Cos(2*math.Pi*float64(month-1)/12)
				noise := m.between("unemployed", o.code, p.Start(), 0.92, 1.08)
				unemployed := m.count("unemployed round", o.code, p.Start(), float64(c.adult)*c.idleShare*winter*noise)
				jobs := float64(c.adult) * 0.0018 * m.logNormal("jobs", o.code, p.Start(), 0.35)
				if month%3 == 0 { // reports are closed with the quarter
					jobs *= 1.9
				}
				created := m.count("jobs round", o.code, p.Start(), jobs)
				if draft {
					unemployed -= unemployed / 25
					created -= created / 10
				}
				youth := int64(float64(unemployed) * m.trait("youth", o.code, 0.25, 0.4))
				permanent := int64(float64(created) * m.between("permanent", o.code, p.Start(), 0.5, 0.85))
				w := m.employmentWork(o, c, p, unemployed)
				return []string{
					o.code.String(), o.nameRU, label(p), whole(unemployed), whole(youth), whole(created), whole(permanent), whole(c.adult),
					whole(w.seekers), whole(w.participants), whole(w.grants), whole(w.loans), "",
				}
			})
		},
		totals: func(m *Model, p auyl.Period, _ [][]string) [][]string { return m.laborForceRows(p) },
	}
}

func waste() register {
	return register{
		source: "eco.waste", freq: auyl.FreqMonth, lag: 25,
		dialect: dialect{';', windows1251, true},
		header: []string{
			"kato", "okrug", "period", "landfills_total", "landfills_compliant", "dumps_detected", "dumps_liquidated",
			"dumps_open", "population_covered", "generated_tonnes", "recycled_tonnes", "distance_km_x_population",
		},
		value: 5, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			return m.okrugRows(p, s, func(o *okrug, c cut, draft bool) []string {
				landfills := 1 + int64(m.chance("landfills", o.code, 0)*1.6)
				var good int64
				for i := range landfills {
					if m.chance("good landfill", o.code, auyl.Day(i)) < 0.2 {
						good++
					}
				}
				detected, liquidated := m.dumps(o, c, p)
				open := int64(0)
				for back := range 6 { // what was found within half a year and not cleared
					d, l := m.dumps(o, c, p.Shift(-back))
					open += d - l
				}
				covered := whole(int64(float64(c.people) * clamp(m.trait("collection", o.code, 0.6, 1)-0.35*o.district.remoteness, 0.2, 1)))
				if draft {
					covered = "…" // not counted yet
				}
				generated := float64(c.people) * 0.02 * m.between("waste", o.code, p.Start(), 0.9, 1.1)
				recycled := generated * m.trait("recycling", o.code, 0.02, 0.3)
				km := m.trait("landfill distance", o.code, 2, 12+25*o.district.remoteness)
				return []string{
					o.code.String(), o.nameRU, label(p), whole(landfills), whole(good), whole(detected), whole(liquidated), whole(open), covered,
					decimal(generated, 1), decimal(recycled, 1), whole(int64(km * float64(c.people))),
				}
			})
		},
	}
}

// dumps are those found in a month, and how many of them were cleared.
func (m *Model) dumps(o *okrug, c cut, p auyl.Period) (detected, liquidated int64) {
	season := [4]float64{0.6, 1.7, 1.1, 0.6}[(p.Start().Time().Month()-1)/3]
	expected := season * (0.4 + float64(c.people)/9000) / 3
	detected = m.count("dumps", o.code, p.Start(), expected*m.logNormal("dumps", o.code, p.Start(), 0.5))
	liquidated = m.count("liquidated", o.code, p.Start(), float64(detected)*m.trait("cleans", o.code, 0.6, 0.98))
	return detected, min(liquidated, detected)
}

func enterprises() register {
	return register{
		source: "bns.sme", freq: auyl.FreqMonth, lag: 12,
		dialect: dialect{'\t', utf8BOM, true},
		header:  []string{"kato", "okrug", "period", "sme_registered", "sme_active"},
		value:   3, bad: "99999999999",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			return m.okrugRows(p, s, func(o *okrug, c cut, draft bool) []string {
				years := float64(p.Start()-alatauDay()) / 365.25
				density := m.trait("enterprises", o.code, 0.045, 0.08) + 0.025*(1-o.district.remoteness)
				registered := int64(float64(c.people) * density * math.Pow(1.03, years))
				share := clamp(m.trait("active", o.code, 0.78, 0.9)+m.between("active now", o.code, p.Start(), -0.01, 0.01), 0, 1)
				active := int64(float64(registered) * share)
				if draft {
					active -= active / 60
				}
				return []string{o.code.String(), o.nameRU, label(p), whole(registered), whole(active)}
			})
		},
	}
}
