package simulate

import (
	"math"
	"time"

	"github.com/auyl-kz/auyl"
)

// landRegisters are the exports about money and land: taxes, budgets, livestock, pastures.
func landRegisters() []register {
	return append(
		budgetLines(), taxReceipts(), livestock(), landBalance(), pastureBalance(), pastureReturns(), regionTables(), agriOutput(),
	)
}

// localTax is one tax of the okrug budget: its code, its part of all taxes and how
// much of what is accrued comes in.
type localTax struct {
	code, name string
	share      float64
	low, high  float64 // collection of the okrugs
	perPayer   float64 // thousand tenge a year
}

func localTaxes() []localTax {
	return []localTax{
		{"101201", "Индивидуальный подоходный налог", 0.33, 0.90, 1.01, 90},
		{"104102", "Налог на имущество физических лиц", 0.12, 0.72, 0.99, 9},
		{"104302", "Земельный налог", 0.06, 0.70, 0.98, 6},
		{"104402", "Налог на транспортные средства", 0.45, 0.68, 0.97, 35},
	}
}

// taxReceipts is the workbook of the tax department: thousand tenge since 1 January
// by okrug and budget code, with what was posted to districts by mistake.
func taxReceipts() register {
	header := []string{
		"КАТО", "Округ", "КБК", "Налог", "Дата", "Начислено", "Уплачено", "Недоимка", "Начислено за 12 месяцев", "Плательщики", "Исполнитель",
	}
	return register{
		source: "kgd.tax_receipts", freq: auyl.FreqMonth, lag: 9, ext: "xlsx",
		// The key is renamed by the encoder, so that bad rows know their column.
		header: append([]string{"kato"}, header[1:]...), value: 8, bad: "-7000000",
		encode: func(rows [][]string) ([]byte, error) {
			b := newBook("Свод")
			b.row(header)
			for _, r := range rows[1:] {
				b.row(r, 5, 6, 7, 8, 9)
			}
			return b.bytes()
		},
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			var rows [][]string
			for i := range m.okrugs {
				o := &m.okrugs[i]
				in, draft := s.of(o.code, o.late)
				if c := m.sum(o, p.End()); in && c.people > 0 {
					rows = append(rows, m.taxRows(o, c, p, draft)...)
				}
			}
			if !s.revision {
				rows = append(rows, m.misposted(p)...)
			}
			return rows
		},
	}
}

func (m *Model) taxRows(o *okrug, c cut, p auyl.Period, draft bool) [][]string {
	y, _ := yearOf(p)
	month := p.Start().Time().Month()
	taxes := float64(m.budget(o, p, draft)[0]) / 10
	december := auyl.NewPeriod(auyl.FreqMonth, y.LastDay())
	whole12 := float64(m.budget(o, december, false)[0]) / 10
	var rows [][]string
	row := func(t localTax, cells ...string) {
		r := []string{o.code.String(), o.nameRU, t.code, t.name, dotted(p.End())}
		r = append(r, cells...)
		rows = append(rows, append(r, impossibleIIN(m.rng("inspector", o.district.code, 0).Uint64())))
	}
	for _, t := range localTaxes() {
		// Before the due day less has come in of what was accrued than after it.
		rate := m.trait("collects "+t.code, o.code, t.low, t.high) * (0.92 + 0.08*float64(month)/12)
		paid := taxes * t.share
		accrued := paid / rate
		year := whole12 * t.share / m.trait("collects "+t.code, o.code, t.low, t.high)
		arrears := year * m.trait("arrears "+t.code, o.code, 0.02, 0.35) * m.between("arrears now "+t.code, o.code, p.Start(), 0.95, 1.05)
		if month == time.January && m.chance("refund "+t.code, o.code, p.Start()) < 0.03 {
			paid = -paid / 10 // refunds of last year outweigh the first payments
		}
		payers := int64(math.Round(whole12 * t.share / t.perPayer * math.Sqrt(float64(month)/12)))
		if payers > 0 && payers < 5 {
			row(t, "x", "x", "x", "x", "x") // amounts of so few would tell who
			continue
		}
		row(t, decimal(accrued, 1), decimal(paid, 1), decimal(arrears, 1), decimal(year, 1), dashed(payers))
	}
	business := m.count("entrepreneurs", o.code, p.Start(), float64(c.people)*m.trait("entrepreneurs", o.code, 0.025, 0.06))
	if business > 0 && business < 5 {
		row(localTax{code: "000000", name: "Предприниматели с платежом за 12 месяцев"}, "", "", "", "", "x")
	} else {
		row(localTax{code: "000000", name: "Предприниматели с платежом за 12 месяцев"}, "", "", "", "", dashed(business))
	}
	return rows
}

// misposted are payments of people of some okrug, booked on the code of a district.
func (m *Model) misposted(p auyl.Period) [][]string {
	var rows [][]string
	for _, d := range m.districts {
		if len(d.places) == 0 || m.chance("misposted", d.code, p.Start()) > 0.3 {
			continue
		}
		paid := decimal(m.between("misposted sum", d.code, p.Start(), 20, 900), 1)
		rows = append(rows, []string{
			d.code.String(), d.nameRU, "104402", "Налог на транспортные средства", dotted(p.End()), "", paid, "", "", "", "",
		})
	}
	return rows
}

// dashed writes a count as registers do that leave out what does not occur.
func dashed(n int64) string {
	if n == 0 {
		return "-"
	}
	return whole(n)
}

func yearOf(p auyl.Period) (year auyl.Period, month int) {
	return auyl.NewPeriod(auyl.FreqYear, p.Start()), int(p.Start().Time().Month())
}
