package simulate

import (
	"math"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
)

// zone is the natural zone of an okrug: 0 mountain meadows to 3 desert. Which
// district lies where is a plausible guess, not a map.
func (m *Model) zone(o *okrug) int {
	switch uint32(o.district.code) {
	case 194400000, 195800000: // Kegen, Rayymbek
		return 0
	case 193600000: // Balqash
		return 2 + int(m.trait("zone", o.code, 0, 2))
	case 196600000, 191000000, 196800000: // Uygyr, Qonaev, Ile
		return 1 + int(m.trait("zone", o.code, 0, 2))
	}
	return int(m.trait("zone", o.code, 0, 2))
}

func zoneName(z int) string {
	return [...]string{"горно-луговая", "предгорная степь", "полупустыня", "пустыня"}[z]
}

// pastures are hectares of an okrug: all, public, watered, degraded. None within
// towns that keep no animals.
func (m *Model) pastures(o *okrug, day auyl.Day) [4]int64 {
	var need float64
	for _, sp := range allSpecies() {
		_, all := m.heads(o, sp, baseDay())
		need += float64(all) * sp.norm[m.zone(o)]
	}
	total := math.Round(need * m.logNormal("pastures", o.code, 0, 0.5) * (0.75 + 0.5*o.district.remoteness))
	if total < 200 {
		return [4]int64{}
	}
	years := float64(day-baseDay()) / 365.25
	part := func(what string, lo, hi, trend float64) int64 {
		return int64(math.Round(total * clamp(m.trait(what, o.code, lo, hi)+trend*years, 0, 1)))
	}
	return [4]int64{
		int64(total), part("public pastures", 0.12, 0.4, 0.01), part("watered pastures", 0.25, 0.7, 0.01),
		part("degraded pastures", 0.1, 0.45, 0.005),
	}
}

// autumns are the days of the land balance: each first of November from the year
// before the history on, so that its first months have one.
func autumns(m *Model) []auyl.Period {
	var out []auyl.Period
	for y := auyl.NewPeriod(auyl.FreqYear, m.first().Start()-364); y.Start() <= m.o.Now; y = y.Shift(1) {
		d := auyl.DayOf(time.Date(y.Start().Time().Year(), time.November, 1, 0, 0, 0, 0, time.UTC))
		if d >= m.first().Start()-364 && d <= m.o.Now {
			out = append(out, auyl.NewPeriod(auyl.FreqDay, d))
		}
	}
	return out
}

// hectares writes 18 240 with a no-break space, a dash for none.
func hectares(n int64) string { return strings.TrimSuffix(treasury(10*n), ",0") }

func pastureBalance() register {
	header := []string{
		"Сельский округ", "КАТО", "Пастбища всего, га", "в т.ч. общественные, га", "обводнённые, га", "деградированные, га",
		"КРС, голов", "МРС, голов", "Лошади, голов", "Потребность, га", "Дата",
	}
	d := dialect{';', utf8BOM, true}
	return register{
		source: "land.pasture_balance", freq: auyl.FreqDay, lag: 16, cuts: autumns, dialect: d,
		header: append([]string{header[0], "kato"}, header[2:]...), value: 2, bad: "18,24", // thousand hectares
		encode: func(rows [][]string) ([]byte, error) {
			return d.write(append([][]string{header}, rows[1:]...))
		},
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			return m.okrugRows(p, s, func(o *okrug, _ cut, draft bool) []string {
				return balanceRow(o.nameRU, o.code.String(), m.balance(o, p.Start(), draft), p)
			})
		},
		totals: func(m *Model, p auyl.Period, rows [][]string) [][]string {
			var sum [8]int64
			for i := range m.okrugs {
				o := &m.okrugs[i]
				in, draft := issue{m, "land.pasture_balance", p, false}.of(o.code, o.late)
				if !in || m.sum(o, p.End()).people == 0 {
					continue
				}
				for k, v := range m.balance(o, p.Start(), draft) {
					sum[k] += v
				}
			}
			if len(rows) == 0 {
				return nil
			}
			return [][]string{balanceRow("Итого", "", sum, p)}
		},
	}
}

// balance is the row of an okrug: four areas, heads of three species, the need.
func (m *Model) balance(o *okrug, day auyl.Day, draft bool) [8]int64 {
	ha := m.pastures(o, day)
	out := [8]int64{ha[0], ha[1], ha[2], ha[3]}
	var need float64
	for i, sp := range allSpecies() {
		_, all := m.heads(o, sp, day)
		need += float64(all) * sp.norm[m.zone(o)]
		switch i { // camels have no column
		case 0:
			out[4] = all
		case 1:
			out[5] = all
		case 2:
			out[6] = all
		}
	}
	out[7] = int64(math.Round(need))
	if draft { // before the survey of the year was entered
		out[3] = int64(float64(out[3]) * 0.9)
	}
	return out
}

func balanceRow(name, code string, b [8]int64, p auyl.Period) []string {
	row := []string{name, code}
	for _, v := range b {
		row = append(row, hectares(v))
	}
	return append(row, dotted(p.Start()))
}

func landBalance() register {
	return register{
		source: "land.cadastre", freq: auyl.FreqDay, lag: 30, cuts: autumns,
		dialect: dialect{';', windows1251, true},
		header: []string{
			"kato", "okrug", "category", "as_of", "area_ha", "used_ha", "norm_zone", "norm_cattle", "norm_sheep", "norm_horse", "norm_camel",
		},
		value: 4, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			var rows [][]string
			for i := range m.okrugs {
				o := &m.okrugs[i]
				if in, draft := s.of(o.code, o.late); in && m.sum(o, p.End()).people > 0 {
					rows = append(rows, m.landRows(o, p, draft)...)
				}
			}
			return rows
		},
	}
}

func (m *Model) landRows(o *okrug, p auyl.Period, draft bool) [][]string {
	comma := func(x float64) string { return strings.Replace(decimal(x, 1), ".", ",", 1) }
	row := func(category, area, used string, norms ...string) []string {
		return append([]string{o.code.String(), o.nameRU, category, p.Start().String(), area, used}, append(norms, "", "", "", "", "")[:5]...)
	}
	people := float64(m.sum(o, baseDay()).people)
	arable := people * m.trait("arable", o.code, 0.5, 3)
	irrigated := arable * m.trait("irrigated", o.code, 0.1, 0.8) * (1 - 0.5*o.district.remoteness)
	used := irrigated * clamp(m.trait("irrigates", o.code, 0.5, 0.98)+m.between("irrigates now", o.code, p.Start(), -0.05, 0.02), 0, 1)
	shown := comma(used)
	if draft {
		shown = "…"
	}
	z := m.zone(o)
	norms := []string{zoneName(z)}
	for _, sp := range allSpecies() {
		norms = append(norms, comma(sp.norm[z]))
	}
	return [][]string{
		row("пашня", comma(arable), comma(arable*m.trait("tills", o.code, 0.7, 1))),
		row("орошаемые", comma(irrigated), shown),
		row("сенокосы", comma(people*m.trait("hay", o.code, 0.05, 0.6)), ""),
		row("пастбища", comma(float64(m.pastures(o, p.Start())[0])), "", norms...),
		row("населённые пункты", comma(people*m.trait("built up", o.code, 0.08, 0.2)), ""),
	}
}

// pastureReturns are the hectares that users lost in a quarter because they did not
// use them. Most okrugs have none in most quarters.
func pastureReturns() register {
	return register{
		source: "land.pasture_returns", freq: auyl.FreqQuarter, lag: 15,
		dialect: dialect{'\t', utf8Plain, false},
		header:  []string{"kato", "okrug", "period", "returned_ha", "user_iin"},
		value:   3, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			return m.okrugRows(p, s, func(o *okrug, _ cut, draft bool) []string {
				var returned int64
				if m.chance("returns", o.code, p.Start()) < 0.12 {
					returned = int64(float64(m.pastures(o, p.Start())[0]) * m.between("returned", o.code, p.Start(), 0.002, 0.03))
				}
				if draft {
					returned -= returned / 3 // courts decide on the rest
				}
				iin := ""
				if returned > 0 {
					iin = impossibleIIN(m.rng("user", o.code, p.Start()).Uint64())
				}
				return []string{o.code.String(), o.nameRU, label(p), dashed(returned), iin}
			})
		},
	}
}
