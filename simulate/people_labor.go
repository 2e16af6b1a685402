package simulate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/auyl-kz/auyl"
)

// employmentWork is what the employment center of an okrug did in a month.
type employmentWork struct{ seekers, participants, grants, loans int64 }

func (m *Model) employmentWork(o *okrug, c cut, p auyl.Period, unemployed int64) employmentWork {
	young := float64(c.people) * 0.3
	w := employmentWork{
		seekers: m.count("jobseekers", o.code, p.Start(), float64(unemployed)*m.between("applied", o.code, p.Start(), 0.18, 0.3)),
		grants:  m.count("youth grants", o.code, p.Start(), young*0.00025*m.logNormal("grants", o.code, p.Start(), 0.5)),
		loans:   m.count("youth loans", o.code, p.Start(), young*0.0002*m.logNormal("loans", o.code, p.Start(), 0.5)),
	}
	// A person is counted in the month of the first measure of the year, so few are left in autumn.
	month := float64(p.Start().Time().Month())
	share := m.trait("measures", o.code, 0.06, 0.13) * (1.3 - month/20)
	w.participants = m.count("participants", o.code, p.Start(), float64(unemployed)*share)
	return w
}

// laborForceRows gives the labor force, which the employment authorities have by
// district alone.
func (m *Model) laborForceRows(p auyl.Period) [][]string {
	rows := make([][]string, 0, len(m.districts))
	for _, d := range m.districts {
		adults := m.adults(d, p.End())
		if adults == 0 {
			continue
		}
		row := []string{d.code.String(), d.nameRU, label(p), "", "", "", "", "", "", "", "", "", whole(int64(float64(adults) * m.activity(d)))}
		rows = append(rows, row)
	}
	return rows
}

// adults are the people aged 15 to 64 of a district.
func (m *Model) adults(d *district, day auyl.Day) int64 {
	var n int64
	for _, i := range d.places {
		n += m.cutOf(i, day).adult
	}
	return n
}

// activity is the share of adults who work or look for work.
func (m *Model) activity(d *district) float64 { return m.trait("active people", d.code, 0.69, 0.75) }

// vacanciesPerMonth is a twelfth of what the exchange of the oblast has in life.
const vacanciesPerMonth = 400

const (
	vacancyLag   = 4 // days from the end of the month to the page
	vacancyClock = "2006-01-02T15:04:05-07:00"
)

// vacancy is one notice; instants are local clock.
type vacancy struct {
	at     time.Time
	open   time.Duration // 0: still open half a year later
	row    []string      // without postedAt and closedAt
	again  time.Duration // after which it is put up a second time under another number, 0 for never
	number int
}

// vacancies is the labor exchange, page by page: the notices of the month, and
// those of the two months before that were closed in it.
func vacancies() register {
	numeric := map[string]bool{"salaryFrom": true, "places": true}
	return register{
		source: "enbek.vacancies", freq: auyl.FreqMonth, lag: vacancyLag, ext: "json",
		header: []string{
			"id", "title", "employer", "employerBin", "kato", "salaryFrom", "places", "postedAt", "closedAt",
			"contact.name", "contact.phone", "contact.email",
		},
		value: 5, bad: "210", // in thousand tenge
		encode: func(rows [][]string) ([]byte, error) {
			return contentPage(rows, numeric, map[string]bool{"closedAt": true})
		},
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			seen := p.End().Time().AddDate(0, 0, vacancyLag)
			if s.revision {
				seen = seen.AddDate(0, 0, revisionLag)
			}
			var rows [][]string
			for back := 2; back >= 0; back-- {
				month := p.Shift(-back)
				for _, v := range m.notices(month) {
					closed := v.at.Add(v.open)
					gone := v.open > 0 && closed.Before(seen)
					news := back == 0 || gone && !closed.Before(p.Start().Time())
					if s.revision { // what was closed since the page
						news = back == 0 && gone && !closed.Before(p.End().Time().AddDate(0, 0, vacancyLag))
					}
					if !news {
						continue
					}
					rows = append(rows, v.write(month, 0, gone))
					if v.again > 0 && back == 0 && !s.revision && v.at.Add(v.again).Before(seen) {
						rows = append(rows, v.write(month, v.again, false))
					}
				}
			}
			return rows
		},
	}
}

// write renders a notice, or its repetition.
func (v *vacancy) write(p auyl.Period, again time.Duration, gone bool) []string {
	zone := time.FixedZone("", 5*3600)
	clock := func(t time.Time) string {
		y, month, d := t.Date()
		return time.Date(y, month, d, t.Hour(), t.Minute(), t.Second(), 0, zone).Format(vacancyClock)
	}
	id, closed := fmt.Sprintf("V%s%05d", p.Start().Time().Format("0601"), v.number), ""
	if again > 0 {
		id = fmt.Sprintf("V%s%05d", p.Start().Time().Format("0601"), 90000+v.number)
	}
	if gone {
		closed = clock(v.at.Add(v.open))
	}
	row := slices.Concat([]string{id}, v.row[:6], []string{clock(v.at.Add(again)), closed}, v.row[6:])
	return row
}

// notices makes the vacancies of a month in the order of their posting.
func (m *Model) notices(p auyl.Period) []vacancy {
	rng := m.rng("vacancies", 0, p.Start())
	titles := []struct {
		name string
		pay  int
	}{
		{"Ветеринар", 210000},
		{"Землеустроитель", 190000},
		{"Механизатор", 240000},
		{"Фельдшер", 260000},
		{"Учитель", 280000},
		{"Продавец", 150000},
		{"Водитель", 230000},
		{"Разнорабочий", 140000},
		{"Бухгалтер", 220000},
	}
	season := 1 + 0.25*math.Sin(2*math.Pi*float64(p.Start().Time().Month()-3)/12)
	n := int(math.Round(vacanciesPerMonth * float64(m.o.Scale) * season))
	days := int(p.End() - p.Start())
	sizes := make([]float64, len(m.okrugs))
	for i := range m.okrugs {
		sizes[i] = float64(m.inhabitants(&m.okrugs[i], p.Start()))
	}
	out := make([]vacancy, n)
	for i := range out {
		o := &m.okrugs[weighted(rng.Float64(), sizes)]
		employer := rng.IntN(40)
		t := titles[rng.IntN(len(titles))]
		pay := int(float64(t.pay)*(0.9+0.3*rng.Float64())*(1.15-0.25*o.district.remoteness))/1000*1000 + 500
		at := p.Start().Time().AddDate(0, 0, rng.IntN(days)).Add(time.Duration(8*3600+rng.IntN(9*3600)) * time.Second)
		v := vacancy{at: at}
		if rng.Float64() < 0.86 {
			v.open = time.Duration(3+rng.ExpFloat64()*24*(1+0.5*o.district.remoteness)) * 24 * time.Hour
		}
		if rng.Float64() < 0.02 {
			v.again = time.Duration(2+rng.IntN(20)) * 24 * time.Hour
			v.open = 0 // it was put up again because nobody came
		}
		person := rng.Uint64N(10000)
		v.row = []string{
			t.name, fmt.Sprintf("Вымышленное хозяйство №%d-%d", o.code.District()/100000%100, employer), fictionalBIN(uint64(o.code/1000%1000*50) + uint64(employer)),
			o.code.String(), strconv.Itoa(pay), strconv.Itoa(1 + weighted(rng.Float64(), []float64{70, 15, 8, 4, 3})),
			"Канарейкина Проба №" + strconv.FormatUint(person, 10), impossiblePhone(person), fmt.Sprintf("canary.%d@example.invalid", person),
		}
		out[i] = v
	}
	slices.SortStableFunc(out, func(a, b vacancy) int { return a.at.Compare(b.at) })
	for i := range out {
		out[i].number = i + 1
	}
	return out
}

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
func cubeRow(name string, p auyl.Period, code auyl.AreaCode, title string, v int64) []string {
	last := p.LastDay().Time()
	return []string{name, dotted(p.End()), last.Format("200601"), code.String(), title, "0", "", whole(v) + ".0000"}
}

// laborCube is the labor survey: TSV that the Bureau calls csv.
func laborCube() register {
	return register{
		source: "bns.opendata", freq: auyl.FreqQuarter, lag: 45,
		dialect: dialect{'\t', utf8BOM, true},
		header:  []string{"NAM", "DAT", "PERIOD", "КАТО(по каталогу)", "LКАТО(по каталогу)", "ССП", "ГОКЭД(по разделу)02 ", "VAL"},
		value:   7, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			var rows [][]string
			if in, draft := s.of(almatyOblast, false); in {
				l := m.survey(p, draft)
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
					rows = append(rows, cubeRow(x.name, p, almatyOblast, "АЛМАТИНСКАЯ ОБЛАСТЬ", x.v))
				}
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
				rows = append(rows, cubeRow("Самозанятое население", p, d.code, d.title("ru"), n))
			}
			return rows
		},
	}
}

// unemploymentSlices is the rate of unemployment as a cube in slices: one for each
// method of counting, both of one name. Some issues give one quarter in both, with
// different values.
func unemploymentSlices() register {
	type value struct {
		Date  string `json:"date"`
		Value string `json:"value"`
	}
	type slice struct {
		Terms     []int    `json:"terms"`
		TermNames []string `json:"termNames"`
		Periods   []value  `json:"periods"`
	}
	return register{
		source: "bns.opendata_slices", freq: auyl.FreqQuarter, lag: 46, ext: "json",
		header: []string{"slice", "date", "value"},
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			if s.revision {
				return nil
			}
			var rows [][]string
			method := auyl.NewPeriod(auyl.FreqQuarter, mustDay("2026-01-01"))
			for q := auyl.NewPeriod(auyl.FreqQuarter, alatauDay()); q.Start() <= p.Start(); q = q.Shift(1) {
				l := m.survey(q, false)
				rate := 100 * float64(l.unemployed) / float64(l.unemployed+l.employed)
				part := "250517"
				if q.Start() >= method.Start() {
					part = "250518"
				}
				rows = append(rows, []string{part, dotted(q.LastDay()), decimal(rate, 1)})
				if q == method && p == method.Shift(1) {
					rows = append(rows, []string{"250517", dotted(q.LastDay()), decimal(rate+0.3, 1)})
				}
			}
			return rows
		},
		encode: func(rows [][]string) ([]byte, error) {
			out := []slice{}
			for _, part := range []int{250517, 250518} {
				x := slice{Terms: []int{250700, part}, TermNames: []string{"АЛМАТИНСКАЯ ОБЛАСТЬ", "Всего"}}
				for _, r := range rows[1:] {
					if r[0] == strconv.Itoa(part) {
						x.Periods = append(x.Periods, value{r[1], r[2]})
					}
				}
				if len(x.Periods) > 0 {
					out = append(out, x)
				}
			}
			var b bytes.Buffer
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			if err := enc.Encode(out); err != nil {
				return nil, fmt.Errorf("write slices: %w", err)
			}
			return b.Bytes(), nil
		},
	}
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
			in, draft := s.of(almatyOblast, false)
			if !in {
				return nil
			}
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
			in, draft := s.of(almatyOblast, false)
			if !in {
				return nil
			}
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

// fictionalBIN returns the n-th number of a legal entity registered in the
// thirteenth month of 2026, which no entity can have. Its check digit is right.
func fictionalBIN(n uint64) string {
	for ; ; n++ {
		s := fmt.Sprintf("26134%d%05d", n/100000%3, n%100000)
		if c, ok := checkDigit(s); ok {
			return s + string(rune('0'+c))
		}
	}
}
