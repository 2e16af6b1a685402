package simulate

import (
	"fmt"
	"slices"

	"github.com/auyl-kz/auyl"
)

// budgetLines are the workbooks of the treasury about the execution of one okrug's
// budget by line of the classification. Six okrugs of Qarasay district send them; a
// correction is the workbook once more.
func budgetLines() []register {
	var out []register
	for _, code := range []auyl.AreaCode{195234000, 195237000, 195247000, 195249000, 195253000, 195259000} {
		out = append(out, register{
			source: "akimat.okrug_budget_execution", part: code.String(), freq: auyl.FreqMonth, lag: 6, ext: "xlsx",
			header: []string{"code", "name", "plan_year", "plan_period", "actual", "percent"},
			encode: encodeLines,
			rows: func(m *Model, p auyl.Period, s issue) [][]string {
				i := slices.IndexFunc(m.okrugs, func(o okrug) bool { return o.code == code })
				if i < 0 {
					return nil
				}
				o := &m.okrugs[i]
				title := [][]string{
					{"Отчет об исполнении бюджета сельского округа (синтетика)"},
					{o.nameRU + " (КАТО " + code.String() + ")"},
					{"по состоянию на " + dayRU(p.End()), "", "", "", "", "тыс. тенге"},
				}
				figures := p
				// A draft has last month's figures under a new date.
				if _, draft := (issue{m, s.register, p, false}).of(code, false); draft && !s.revision && p.Start().Time().Month() > 1 {
					figures = p.Shift(-1)
				}
				return append(title, m.lineRows(o, figures)...)
			},
		})
	}
	return out
}

// encodeLines lays a workbook out: three lines of title, two of merged headers,
// lines, a footnote and who signed.
func encodeLines(rows [][]string) ([]byte, error) {
	b := newBook("Исполнение")
	for _, r := range rows[1:4] {
		b.row(r)
	}
	b.row([]string{"Классификация", "", "План", "", "Исполнение", ""})
	b.row([]string{"код", "наименование", "на год", "на период", "сумма", "%"})
	b.merge("A4", "B4")
	b.merge("C4", "D4")
	b.merge("E4", "F4")
	for _, r := range rows[4:] {
		b.row(r)
	}
	b.row([]string{"*", "предварительные данные"})
	b.row([]string{"Исполнитель: тел. " + impossiblePhone(17) + ", ИИН " + impossibleIIN(17)})
	return b.bytes()
}

// dayRU writes 1 ноября 2026 года.
func dayRU(d auyl.Day) string {
	y, month, n := d.Time().Date()
	months := [...]string{"января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"}
	return fmt.Sprintf("%d %s %d года", n, months[month-1], y)
}

// lineRows writes the lines of one okrug with figures as they were in a month.
func (m *Model) lineRows(o *okrug, figures auyl.Period) [][]string {
	y, month := yearOf(figures)
	now := m.budget(o, figures, false)
	end := m.budget(o, auyl.NewPeriod(auyl.FreqMonth, y.LastDay()), false)
	var rows [][]string
	row := func(code, name, planYear, planPeriod, actual, percent string) {
		rows = append(rows, []string{code, name, planYear, planPeriod, actual, percent})
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
	group("2", "Неналоговые поступления", now[1], end[1], "201501", "Доходы от аренды коммунального имущества")
	group("3", "Поступления от продажи основного капитала", now[2], end[2], "303201", "Продажа земли")
	group("4", "Поступления трансфертов", now[3], end[3], "402201", "Трансферты из районного бюджета")
	row("", "ИТОГО ДОХОДЫ", treasury(sums[0]), treasury(sums[1]), treasury(sums[2]), percent(sums[2], sums[1]))
	row("104501", "Плата за рекламу", "-", "-", "…", "")
	row("104600", "Прочие налоги", "x", "x", "x", "x")
	return rows
}

func percent(part, whole int64) string {
	if whole == 0 {
		return ""
	}
	return treasury((part*1000 + whole/2) / whole)
}
