package simulate

import (
	"math"
	"strconv"
	"strings"

	"github.com/auyl-kz/auyl"
)

// regionTables is the workbook of cereals by district, with three years under each
// figure. The edition that comes later revises some of the last year.
func regionTables() register {
	return register{
		source: "bns.region_tables", freq: auyl.FreqYear, lag: 80, ext: "xlsx",
		header: []string{"district"},
		value:  0, bad: "",
		encode: func(rows [][]string) ([]byte, error) {
			b := newBook("Зерновые")
			b.row([]string{"Сбор зерновых и бобовых по районам (синтетика)"})
			b.row(nil)
			years := (len(rows[1]) - 1) / 3
			group := []string{""}
			for _, name := range []string{"Валовой сбор, тыс. центнеров", "Убранная площадь, тыс. га", "Урожайность, ц/га"} {
				group = append(group, name)
				group = append(group, make([]string, years-1)...)
			}
			b.row(group)
			for i := range 3 {
				from, to := 'B'+rune(i*years), 'B'+rune((i+1)*years-1)
				b.merge(string(from)+"3", string(to)+"3")
			}
			for _, r := range rows[1:] {
				b.row(r)
			}
			b.row([]string{"1) с учётом доработки"})
			b.note("Метаданные", "Показатель", "Период: год", "Единица: тыс. центнеров, тыс. га, центнеров с гектара")
			return b.bytes()
		},
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			y := p.Start().Time().Year()
			head := []string{"Район"}
			for range 3 {
				for k := 2; k >= 0; k-- {
					head = append(head, strconv.Itoa(y-k))
				}
			}
			rows := [][]string{head}
			for i, d := range m.districts {
				if len(d.places) == 0 {
					continue
				}
				name := d.nameRU
				if i == 0 && !s.revision {
					name = "Капшагай Г.А." // the first edition was made with the labels of long ago
				}
				row := [3][]string{}
				for k := 2; k >= 0; k-- {
					year := p.Shift(-k)
					draft := k == 0 && !s.revision && m.chance("revised crops", d.code, p.Start()) < 0.3
					for f, v := range m.crops(d, year, draft) {
						row[f] = append(row[f], v)
					}
				}
				rows = append(rows, append(append(append([]string{name + strings.Repeat("1)", i%2)}, row[0]...), row[1]...), row[2]...))
			}
			return rows
		},
	}
}

// crops are harvest, area and yield of cereals as the table shows them. What
// would tell of a single farm is left out with three points.
func (m *Model) crops(d *district, y auyl.Period, draft bool) [3]string {
	area := float64(d.rural) * (0.1 + 0.45*d.remoteness) * m.trait("cereals", d.code, 0.5, 1.5) / 1000
	area *= m.between("sown", d.code, y.Start(), 0.93, 1.07)
	if y.End() <= alatauDay() && d.code == alatauCode {
		return [3]string{} // there was no such district
	}
	if area < 0.5 {
		return [3]string{"…", "…", "…"}
	}
	yield := m.trait("soil", d.code, 15, 32) * m.between("weather", 0, y.Start(), 0.8, 1.15) * m.between("weather here", d.code, y.Start(), 0.95, 1.05)
	if draft {
		yield *= 0.98
	}
	comma := func(x float64) string { return strings.Replace(decimal(x, 1), ".", ",", 1) }
	area = math.Round(10*area) / 10
	return [3]string{comma(area * yield), comma(area), comma(yield)}
}

// agriOutput is quarterly output by district since 1 January, one figure a row. A
// first release is marked as preliminary.
func agriOutput() register {
	return register{
		source: "bns.agri_output", freq: auyl.FreqQuarter, lag: 45, cuts: quarters,
		dialect: dialect{'\t', utf8BOM, false},
		header:  []string{"kato", "district", "period", "figure", "value", "mark"},
		value:   4, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			var rows [][]string
			for _, d := range m.districts {
				if len(d.places) == 0 || m.Population(d.code, p.Start()) == 0 {
					continue
				}
				// A later edition has every figure once more, without the mark.
				draft := !s.revision && m.chance("revised output", d.code, p.Start()) < 0.2
				for _, f := range m.output(d, p, draft) {
					mark := "*"
					if s.revision {
						mark = ""
					}
					rows = append(rows, []string{d.code.String(), d.nameRU, label(p), f.name, f.value, mark})
				}
			}
			return rows
		},
	}
}

// quarters are those that have ended, from the one before the history on: a mean
// of the year needs the cows of its begin.
func quarters(m *Model) []auyl.Period {
	var out []auyl.Period
	for p := auyl.NewPeriod(auyl.FreqQuarter, m.first().Start()-1); p.End() <= m.o.Now; p = p.Shift(1) {
		out = append(out, p)
	}
	return out
}

type figure struct{ name, value string }

func (m *Model) output(d *district, p auyl.Period, draft bool) []figure {
	y, month := yearOf(p)
	quarter := (month + 2) / 3
	years := float64(p.Start()-alatauDay()) / 365.25
	since := func(what string, seasons [4]float64) float64 {
		var sum float64
		for i := range quarter {
			sum += seasons[i] * m.between(what, d.code, y.Start()+auyl.Day(i), 0.95, 1.05)
		}
		return sum
	}
	var cattle, sheep float64
	for i := range m.okrugs {
		if o := &m.okrugs[i]; o.district == d {
			_, c := m.heads(o, allSpecies()[0], p.End())
			_, s := m.heads(o, allSpecies()[1], p.End())
			cattle, sheep = cattle+float64(c), sheep+float64(s)
		}
	}
	if draft {
		cattle *= 0.98
	}
	cows := cattle * m.trait("cows", d.code, 0.4, 0.5)
	milk := cows * m.trait("milks", d.code, 1.9, 3.2) * since("milk", [4]float64{0.18, 0.32, 0.31, 0.19})
	meat := (cattle*0.06 + sheep*0.007) * since("meat", [4]float64{0.2, 0.18, 0.22, 0.4})
	crops := float64(d.rural) * (0.15 + 0.3*d.remoteness) * since("crops", [4]float64{0.01, 0.06, 0.6, 0.33}) * math.Pow(1.09, years)
	gross := milk*0.22 + meat*2.1 + crops
	food := float64(m.Population(d.code, p.Start())) * m.trait("food", d.code, 0.05, 0.5) * since("food", [4]float64{0.23, 0.25, 0.26, 0.26}) * math.Pow(1.08, years)
	index := m.between("volume", d.code, p.Start(), 94, 109)
	foodShown := decimal(food, 1)
	if m.trait("food secret", d.code, 0, 1) < 0.1 {
		foodShown = "x" // one plant
	}
	return []figure{
		{"gross_output", decimal(gross, 1)},
		{"volume_index", decimal(index, 1)},
		{"milk", decimal(milk, 1)},
		{"meat", decimal(meat, 1)},
		{"cows", whole(int64(cows))},
		{"food", foodShown},
	}
}
