package simulate

import (
	"bytes"
	"math"
	"net/http"

	"github.com/auyl-kz/auyl"
)

// laborForce is the sample survey of a quarter: persons of the oblast.
type laborForce struct{ employed, unemployed, youngForce, youngUnemployed, youth, neet int64 }

func (m *Model) survey(p auyl.Period, draft bool) laborForce {
	var force, young float64
	for _, d := range m.districts {
		force += float64(m.adults(d, p.Start())) * m.activity(d)
		young += float64(m.youthOf(d, p.Start()))
	}
	q := float64((p.Start().Time().Month() - 1) / 3)
	rate := 0.047 - 0.0005*float64(p.Start()-alatauDay())/365.25 + 0.0006*math.Cos(math.Pi*q/2) + m.between("survey", almatyOblast, p.Start(), -0.0008, 0.0008)
	if draft {
		rate += 0.0006
	}
	round := func(x float64) int64 { return int64(math.Round(x/100)) * 100 } // a survey knows no single persons
	l := laborForce{unemployed: round(force * rate), youth: round(young)}
	l.employed = round(force) - l.unemployed
	l.youngForce = round(young * 0.62)
	l.youngUnemployed = round(young * 0.62 * rate * 0.85)
	l.neet = round(young * (0.066 + m.between("neet", almatyOblast, p.Start(), -0.004, 0.004)))
	return l
}

// almatyOblast is the oblast of the model.
const almatyOblast = auyl.AreaCode(190000000)

// cubeRow is a row of a cube of the Bureau in the layout of its TSV.
func cubeRow(name string, p auyl.Period, code auyl.AreaCode, title string, v int64, mark string) []string {
	last := p.LastDay().Time()
	return []string{name, dotted(p.End()), last.Format("200601"), code.String(), title, "0", "", whole(v) + ".0000" + mark}
}

// laborCube is the labor survey: TSV that the Bureau calls csv. The first release
// of the oblast is preliminary, marked by an asterisk, and revised once.
func laborCube() register {
	return register{
		source: "bns.opendata", freq: auyl.FreqQuarter, lag: 45,
		dialect: dialect{'\t', utf8BOM, true},
		header:  []string{"NAM", "DAT", "PERIOD", "КАТО(по каталогу)", "LКАТО(по каталогу)", "ССП", "ГОКЭД(по разделу)02 ", "VAL"},
		value:   7, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			var rows [][]string
			mark := "*"
			if s.revision {
				mark = ""
			}
			l := m.survey(p, !s.revision)
			for _, x := range []struct {
				name string
				v    int64
			}{
				{"Занятое население", l.employed},
				{"Безработное население", l.unemployed},
				{"Рабочая сила 15-34 лет", l.youngForce},
				{"Безработные 15-34 лет", l.youngUnemployed},
				{"Молодежь 15-34 лет", l.youth},
				{"Молодежь NEET 15-34 лет", l.neet},
			} {
				rows = append(rows, cubeRow(x.name, p, almatyOblast, "АЛМАТИНСКАЯ ОБЛАСТЬ", x.v, mark))
			}
			for _, d := range m.districts {
				in, draft := s.of(d.code, false)
				force := float64(m.adults(d, p.Start())) * m.activity(d)
				if !in || force == 0 {
					continue
				}
				share := m.trait("self-employed", d.code, 0.16, 0.24) + 0.12*d.remoteness
				n := int64(math.Round(force*0.953*share*m.between("self-employed now", d.code, p.Start(), 0.98, 1.02)/100)) * 100
				if draft {
					n -= 100
				}
				rows = append(rows, cubeRow("Самозанятое население", p, d.code, d.title("ru"), n, ""))
			}
			return rows
		},
	}
}

// The rate of unemployment is a cube in slices: one for each method of counting,
// both of one name. In its second quarter the new method is given beside the old
// one for the first of its quarters, with another value, as such files happen to.

// slicesLag is the number of days from the end of a quarter to its release.
const slicesLag = 46

// bureauFiles adds the door of the Bureau's files: an address that stays, which
// sends on to a file that does not.
func (m *Model) bureauFiles(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/iblock/element/102790/json/file/{lang}/{$}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/upload/iblock/102790.json", http.StatusFound)
	})
	mux.HandleFunc("GET /upload/iblock/102790.json", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, m.unemploymentSlices())
	})
}

// cubeSlice is one method of counting.
type cubeSlice struct {
	Terms     []int        `json:"terms"`
	TermNames []string     `json:"termNames"`
	Periods   []cubePeriod `json:"periods"`
}

// cubePeriod is one figure of a slice.
type cubePeriod struct {
	Date  string `json:"date"`
	Value string `json:"value"`
}

func (m *Model) unemploymentSlices() []cubeSlice {
	name := []string{"АЛМАТИНСКАЯ ОБЛАСТЬ", "Всего"}
	out := []cubeSlice{
		{Terms: []int{250700, 250517}, TermNames: name, Periods: []cubePeriod{}},
		{Terms: []int{250700, 250518}, TermNames: name, Periods: []cubePeriod{}},
	}
	method := mustDay("2026-01-01")
	var newest auyl.Period
	for q := auyl.NewPeriod(auyl.FreqQuarter, m.first().Start()); q.End()+slicesLag <= m.o.Now; q = q.Shift(1) {
		l := m.survey(q, false)
		rate := 100 * float64(l.unemployed) / float64(l.unemployed+l.employed)
		k := 0
		if q.Start() >= method {
			k = 1
		}
		out[k].Periods = append(out[k].Periods, cubePeriod{dotted(q.LastDay()), decimal(rate, 1)})
		newest = q
	}
	first := auyl.NewPeriod(auyl.FreqQuarter, method)
	if newest == first.Shift(1) {
		l := m.survey(first, false)
		rate := 100 * float64(l.unemployed) / float64(l.unemployed+l.employed)
		out[0].Periods = append(out[0].Periods, cubePeriod{dotted(first.LastDay()), decimal(rate+0.3, 1)})
	}
	return out
}

// averageWage is the wage of the oblast, weighted by employees.
func (m *Model) averageWage(p auyl.Period) float64 {
	var sum, heads float64
	for _, d := range m.districts {
		n := float64(m.headcount(d, p, false))
		sum += n * float64(m.wage(d, p, false))
		heads += n
	}
	return sum / max(1, heads)
}

// priceWageIndices are the two indices of which the real wage is made, to the same
// quarter of the year before.
func priceWageIndices() register {
	return register{
		source: "bns.price_wage_indices", freq: auyl.FreqQuarter, lag: 50,
		dialect: dialect{';', windows1251, true},
		header:  []string{"kato", "region", "period", "nominal_wage_index", "consumer_price_index"},
		value:   3, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			draft := !s.revision // the first release is preliminary
			wage := 100 * m.averageWage(p) / m.averageWage(p.Shift(-4))
			if draft {
				wage -= 0.4
			}
			prices := m.between("prices", almatyOblast, p.Start(), 107.5, 112.5)
			return [][]string{{almatyOblast.String(), "Алматинская область", label(p), commaDecimal(wage, 1), commaDecimal(prices, 1)}}
		},
	}
}

// livingStandards is the household survey: incomes of the oblast in million tenge,
// people below the subsistence minimum in thousands.
func livingStandards() register {
	return register{
		source: "bns.living_standards", freq: auyl.FreqQuarter, lag: 75,
		dialect: dialect{'\t', utf8Plain, false},
		header:  []string{"kato", "region", "period", "money_income_mln", "below_subsistence_thousand"},
		value:   3, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			draft := !s.revision // the first release is preliminary
			people := float64(m.Population(almatyOblast, p.Start()))
			income := people * 3 * m.averageWage(p) * m.between("income", almatyOblast, p.Start(), 0.5, 0.54) / 1e6
			if draft { // an estimate, revised
				income *= 0.99
			}
			poor := people * m.between("below subsistence", almatyOblast, p.Start(), 0.05, 0.065) / 1000
			return [][]string{{almatyOblast.String(), "АЛМАТИНСКАЯ ОБЛАСТЬ", label(p), decimal(income, 1), decimal(poor, 1)}}
		},
	}
}

// commaDecimal writes a number with a decimal comma.
func commaDecimal(f float64, places int) string {
	s := []byte(decimal(f, places))
	if i := bytes.IndexByte(s, '.'); i >= 0 {
		s[i] = ','
	}
	return string(s)
}
