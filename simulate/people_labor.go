package simulate

import (
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
	vacancyLag   = 20 // days from the end of the month to the page: with its revision all 60 days are seen
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
// later those of them that were closed since.
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
			first := p.End().Time().AddDate(0, 0, vacancyLag)
			later := first.AddDate(0, 0, revisionLag)
			var rows [][]string
			for _, v := range m.notices(p) {
				closed := v.at.Add(v.open)
				switch {
				case !s.revision:
					rows = append(rows, v.write(p, 0, v.open > 0 && closed.Before(first)))
					if v.again > 0 && v.at.Add(v.again).Before(first) {
						rows = append(rows, v.write(p, v.again, false))
					}
				case v.open > 0 && !closed.Before(first) && closed.Before(later):
					rows = append(rows, v.write(p, 0, true))
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
