package simulate

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/auyl-kz/auyl"
)

// post is a position in the list of an akim's office.
type post struct {
	code, title string
	slot        int
	halves      int64 // rate in halves: 2 is a full one
	akim, vet   bool
}

// inhabitants is the number of people of an okrug on a day.
func (m *Model) inhabitants(o *okrug, day auyl.Day) int64 {
	var n int64
	people := m.people(day)
	for _, i := range o.places {
		n += people[i]
	}
	return n
}

// posts lists the positions of an office by the size of its okrug. Veterinarians
// belong to the enterprise of the district and stand in the list all the same.
func (m *Model) posts(o *okrug) []post {
	size := float64(m.inhabitants(o, alatauDay()))
	akim := post{code: "akim", title: "Аким округа", slot: 1, halves: 2, akim: true}
	if o.urban { // not one of the rural okrugs whose akims are elected
		akim.code, akim.title = "akim_city", "Аким города"
	}
	out := []post{akim}
	add := func(n int, code, title string) {
		for i := range n {
			out = append(out, post{code: code, title: title, slot: i + 1, halves: 2})
		}
	}
	if size > 4000 {
		add(1, "deputy_akim", "Заместитель акима")
	}
	add(1+min(6, int(size/3500)), "chief_specialist", "Главный специалист")
	if size > 700 {
		add(1+min(3, int(size/6000)), "inspector", "Инспектор")
		add(1, "accountant", "Бухгалтер")
	}
	if !o.urban {
		add(1, "land_surveyor", "Землеустроитель")
		for i := range 1 + min(3, int(size/5000)) {
			out = append(out, post{code: "veterinarian", title: "Ветеринарный врач", slot: i + 1, halves: 2, vet: true})
		}
	}
	for i := range out {
		if p := &out[i]; !p.akim && (p.code == "inspector" || p.vet) && m.chance("half rate "+p.code, o.code, auyl.Day(p.slot)) < 0.25 {
			p.halves = 1
		}
	}
	return out
}

// spell is a time in which a post stands vacant: from the first day to the one
// before the last.
type spell struct{ from, to auyl.Day }

// spells lists the vacancies of a post that begin before a day, oldest first.
func (m *Model) spells(o *okrug, p *post, before auyl.Day) []spell {
	var out []spell
	if p.akim {
		return nil
	}
	hard := 0.10 + 0.06*o.district.remoteness
	if p.vet || p.code == "land_surveyor" { // the two that nobody finds
		hard *= 2
	}
	what, free := fmt.Sprintf("vacant %s %d", p.code, p.slot), auyl.Day(0)
	for h := auyl.NewPeriod(auyl.FreqHalfYear, baseDay()); h.Start() < before; h = h.Shift(1) {
		rng := m.rng(what, o.code, h.Start())
		if rng.Float64() >= hard {
			continue
		}
		s := spell{from: h.Start() + auyl.Day(rng.IntN(180))}
		s.to = s.from + auyl.Day(15+math.Min(rng.ExpFloat64()*80*(1+o.district.remoteness), 500))
		if s.from >= before || s.from < free {
			continue
		}
		out = append(out, s)
		free = s.to
	}
	return out
}

// elected reports whether the akim of a rural okrug was elected: 122 of 131, as
// was published. Which nine were not is made up.
func (m *Model) elected() map[auyl.AreaCode]bool {
	var codes []auyl.AreaCode
	for i := range m.okrugs {
		if !m.okrugs[i].urban {
			codes = append(codes, m.okrugs[i].code)
		}
	}
	slices.SortFunc(codes, func(a, b auyl.AreaCode) int {
		return int(math.Copysign(1, m.chance("elected", a, 0)-m.chance("elected", b, 0)))
	})
	out := make(map[auyl.AreaCode]bool, len(codes))
	for _, c := range codes[min(9, len(codes)):] {
		out[c] = true
	}
	return out
}

// trainedIn returns the month in which the hours of a year reached a course, 0
// for none.
func (m *Model) trainedIn(o *okrug, p *post, year auyl.Day) time.Month {
	rng := m.rng(fmt.Sprintf("course %s %d", p.code, p.slot), o.code, year)
	if rng.Float64() >= m.trait("trains", o.code, 0.25, 0.7) {
		return 0
	}
	return time.Month(2 + rng.IntN(11))
}

// akimStaff is the list of posts of the offices of akims, one row a post.
func akimStaff() register {
	return register{
		source: "acs.staff", freq: auyl.FreqMonth, lag: 6,
		dialect: dialect{';', kz1048, true},
		header: []string{
			"kato", "okrug", "as_of", "position_code", "position", "slot", "rate", "occupied", "vacant_since", "elected", "term_end",
			"left", "filled", "filled_after_days", "training_hours", "trained", "holder", "holder_iin",
		},
		value: 6, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			var rows [][]string
			elected := m.elected()
			for i := range m.okrugs {
				o := &m.okrugs[i]
				in, draft := s.of(o.code, o.late)
				if !in || m.inhabitants(o, p.End()) == 0 {
					continue
				}
				for _, x := range m.posts(o) {
					rows = append(rows, m.postRow(o, &x, p, elected[o.code], draft))
				}
			}
			return rows
		},
	}
}

func (m *Model) postRow(o *okrug, x *post, p auyl.Period, elected, draft bool) []string {
	occupied, since, left, filled, days := "да", "", int64(0), int64(0), int64(0)
	for _, s := range m.spells(o, x, p.End()) {
		if s.from >= p.Start() {
			left++
		}
		switch {
		case s.to > p.End() || draft && s.to > p.Start(): // who came is entered with the correction
			occupied, since = "нет", dotted(s.from)
			if m.chance("acting "+x.code, o.code, s.from) < 0.15 {
				occupied = "и.о."
			}
		case s.to > p.Start():
			filled, days = filled+1, days+int64(s.to-s.from)
		}
	}
	year := auyl.NewPeriod(auyl.FreqYear, p.Start()).Start()
	hours, trained := int64(0), "0"
	if month := m.trainedIn(o, x, year); month > 0 && month <= p.Start().Time().Month() {
		hours = 16 + int64(m.chance("hours "+x.code, o.code, year)*56)
		if month == p.Start().Time().Month() && occupied == "да" && !x.vet {
			trained = "1"
		}
	}
	row := []string{
		o.code.String(), o.nameKK, dotted(p.End()), x.code, x.title, whole(int64(x.slot)), commaDecimal(float64(x.halves)/2, 1),
		occupied, since, "", "", whole(left), whole(filled), whole(days), whole(hours), trained, "", "",
	}
	if x.akim {
		row[9], row[10] = "нет", dotted(p.End()+auyl.Day(m.chance("term", o.code, 0)*1400))
		if elected {
			row[9] = "да"
		}
	}
	if occupied == "да" {
		n := m.rng("holder "+x.code, o.code, auyl.Day(x.slot)).Uint64()
		row[16], row[17] = "Канарейкина Проба №"+whole(int64(n%10000)), impossibleIIN(n)
	}
	return row
}

// akimPayroll is the pay of an office in a quarter. Where fewer than three people
// share it, it is hidden: it would be the pay of one of them.
func akimPayroll() register {
	return register{
		source: "acs.payroll", freq: auyl.FreqQuarter, lag: 22,
		dialect: dialect{'\t', utf8BOM, true},
		header:  []string{"kato", "okrug", "quarter", "headcount", "payroll_kzt", "average_wage_oblast"},
		value:   4, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			wage := m.averageWage(p)
			return m.okrugRows(p, s, func(o *okrug, _ cut, draft bool) []string {
				heads := int64(0)
				for _, x := range m.posts(o) {
					if x.vet {
						continue
					}
					vacant := false
					for _, v := range m.spells(o, &x, p.End()) {
						vacant = v.to > p.Start()
					}
					if !vacant {
						heads++
					}
				}
				pay := float64(heads) * 3 * wage * m.trait("office pay", o.code, 0.58, 0.78) * m.between("bonus", o.code, p.Start(), 0.97, 1.06)
				if draft {
					pay *= 0.98
				}
				payroll := "x"
				if heads >= 3 {
					payroll = whole(int64(pay))
				}
				return []string{o.code.String(), o.nameKK, label(p), whole(heads), payroll, whole(int64(math.Round(wage)))}
			})
		},
	}
}
