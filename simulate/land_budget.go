package simulate

import (
	"slices"

	"github.com/auyl-kz/auyl"
)

// budgetLines is the execution of okrug budgets by line of the classification, in
// the workbook of the treasury. Two districts keep it; a correction is the workbook
// once more.
func budgetLines() register {
	return register{
		source: "akimat.okrug_budget_execution", freq: auyl.FreqMonth, lag: 6, ext: "xlsx",
		header: []string{"kato", "okrug", "as_of", "code", "name", "plan_year", "plan_period", "actual", "percent"},
		value:  7, bad: "-7\u00a0000\u00a0000,0",
		encode: func(rows [][]string) ([]byte, error) {
			b := newBook("Исполнение")
			b.row([]string{"Отчет об исполнении бюджетов сельских округов (синтетика)"})
			b.row([]string{"по строкам классификации"})
			b.row([]string{"", "", "", "", "", "", "", "", "тыс. тенге"})
			b.row([]string{"Округ", "", "", "Классификация", "", "План", "", "Исполнение", ""})
			b.row([]string{"КАТО", "наименование", "на дату", "код", "наименование", "на год", "на период", "сумма", "%"})
			b.merge("A4", "C4")
			b.merge("D4", "E4")
			b.merge("F4", "G4")
			b.merge("H4", "I4")
			for _, r := range rows[1:] {
				b.row(r)
			}
			b.row([]string{"", "", "", "*", "предварительные данные"})
			b.row([]string{"", "", "", "", "Исполнитель: тел. " + impossiblePhone(17) + ", ИИН " + impossibleIIN(17)})
			return b.bytes()
		},
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			var rows [][]string
			for i := range m.okrugs {
				o := &m.okrugs[i]
				if d := o.district.code; d != 195200000 && d != 195800000 || m.sum(o, p.End()).people == 0 {
					continue
				}
				in, draft := issue{m, s.register, p, false}.of(o.code, o.late)
				if s.revision {
					rows = append(rows, m.lineRows(o, p, p)...)
				} else if _, month := yearOf(p); in && draft && month > 1 {
					rows = append(rows, m.lineRows(o, p, p.Shift(-1))...) // last month's figures under a new date
				} else if in {
					rows = append(rows, m.lineRows(o, p, p)...)
				}
			}
			return rows
		},
	}
}

// lineRows writes the lines of one okrug with figures as they were in a month.
func (m *Model) lineRows(o *okrug, p, figures auyl.Period) [][]string {
	y, month := yearOf(figures)
	now := m.budget(o, figures, false)
	end := m.budget(o, auyl.NewPeriod(auyl.FreqMonth, y.LastDay()), false)
	var rows [][]string
	row := func(code, name, planYear, planPeriod, actual, percent string) {
		rows = append(rows, []string{o.code.String(), o.nameRU, dotted(p.End()), code, name, planYear, planPeriod, actual, percent})
	}
	var sums [3]int64
	group := func(code, name string, total, year int64, lines ...string) {
		// A plan is made in January: what comes in misses it by some percent.
		plan := int64(float64(year) * m.between("plan "+code, o.code, y.Start(), 0.93, 1.08))
		period := plan * int64(month) / 12
		weights := make([]float64, len(lines)/2)
		for i := range weights {
			weights[i] = m.trait("line "+lines[2*i], o.code, 0.5, 1.5)
		}
		row(code, name, treasury(plan), treasury(period), treasury(total), percent(total, period))
		plans, periods, totals := apportion(plan, weights), apportion(period, weights), apportion(total, weights)
		for i := range weights {
			row(lines[2*i], lines[2*i+1], treasury(plans[i]), treasury(periods[i]), treasury(totals[i]), percent(totals[i], periods[i]))
		}
		for i, v := range []int64{plan, period, total} {
			sums[i] += v
		}
	}
	lines := []string{"101201", "Индивидуальный подоходный налог", "104102", "Налог на имущество физических лиц", "104302", "Земельный налог", "104402", "Налог на транспортные средства"}
	group("1", "Налоговые поступления", now[0], end[0], lines...)
	row("104501", "Плата за рекламу", "-", "-", "…", "")
	row("104600", "Прочие налоги", "x", "x", "x", "x")
	group("2", "Неналоговые поступления", now[1], end[1], "201501", "Доходы от аренды коммунального имущества")
	group("3", "Поступления от продажи основного капитала", now[2], end[2], "303201", "Продажа земли")
	group("4", "Поступления трансфертов", now[3], end[3], "402201", "Трансферты из районного бюджета")
	row("ИТОГО", "ИТОГО ДОХОДЫ", treasury(sums[0]), treasury(sums[1]), treasury(sums[2]), percent(sums[2], sums[1]))
	return slices.Clip(rows)
}

func percent(part, whole int64) string {
	if whole == 0 {
		return ""
	}
	return treasury((part*1000 + whole/2) / whole)
}
