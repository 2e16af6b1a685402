package simulate

import (
	"time"

	"github.com/auyl-kz/auyl"
)

// mapMethod is the version of the method by which the family map judged on a day.
// Each new one moves families between the levels.
func mapMethod(day auyl.Day) string {
	if day > mustDay("2026-01-01") {
		return "2026.1"
	}
	return "2025.2"
}

// levels are the families of an okrug on a day by level, A to E.
func (m *Model) levels(o *okrug, day auyl.Day) [5]int64 {
	c := m.sum(o, day)
	h := float64(c.households) * 1.02 // some households are two families
	now := m.between("family map", o.code, day, 0.97, 1.03)
	poor := c.povertyWeight * now
	shift := 1.0
	if mapMethod(day) == "2026.1" {
		shift = 1.12
	}
	e := m.count("families e", o.code, day, h*poor*0.15*shift)
	d := m.count("families d", o.code, day, h*poor*1.1*shift)
	l := [5]int64{3: d, 4: e}
	l[2] = int64(h * (0.05 + 3*poor))
	l[1] = int64(h * m.trait("families b", o.code, 0.3, 0.42))
	l[0] = max(0, int64(h)-l[1]-l[2]-l[3]-l[4])
	return l
}

// familyMap is the family map: families by level, counts below five hidden. In
// March it writes the names of the levels instead of their letters.
func familyMap() register {
	return register{
		source: "mlsp.family_map", freq: auyl.FreqMonth, lag: 3,
		dialect: dialect{',', utf8Plain, false},
		header:  []string{"kato", "as_of", "level", "families", "persons", "children", "method_version", "suppressed"},
		value:   3, bad: "3", // a count in clear that ought to be hidden
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			names := [5]string{"A", "B", "C", "D", "E"}
			if p.Start().Time().Month() == time.March {
				names = [5]string{"благополучный", "удовлетворительный", "неблагополучный", "кризисный", "экстренный"}
			}
			var rows [][]string
			for i := range m.okrugs {
				o := &m.okrugs[i]
				in, draft := s.of(o.code, o.late)
				if !in {
					continue
				}
				for k, n := range m.levels(o, p.End()) {
					if draft && k == 0 {
						n -= n / 50 // families without an address are found later
					}
					row := []string{o.code.String(), p.End().String(), names[k], "", "", "", mapMethod(p.End()), "true"}
					if n >= 5 {
						size := m.trait("family size", o.code, 3.7, 4.3) + 0.35*float64(k)
						row[3], row[4], row[5] = whole(n), whole(int64(float64(n)*size)), whole(int64(float64(n)*(size-2.1)))
						row[7] = "false"
					}
					rows = append(rows, row)
				}
			}
			return rows
		},
	}
}

// roundedTotal is all families of the levels, rounded to ten. A five is rounded
// away from what the map hides, so that of one hidden level at least two values
// remain possible.
func roundedTotal(levels [5]int64) int64 {
	var total, hidden int64
	for _, n := range levels {
		total += n
		if n < 5 {
			hidden += n
		}
	}
	if r := total % 10; r > 5 || r == 5 && hidden <= 2 {
		return total - r + 10
	}
	return total / 10 * 10
}

// familyMoves is how families moved between the levels in a quarter. All families
// are rounded to ten, so that they do not give away a level that is hidden.
func familyMoves() register {
	return register{
		source: "mlsp.family_moves", freq: auyl.FreqQuarter, lag: 18,
		dialect: dialect{';', windows1251, true},
		header: []string{
			"kato", "okrug", "quarter", "families_total", "families_de_start", "families_de_moved_up", "families_moved_up",
			"families_moved_down", "large_families_total", "large_families_supported", "method_version",
		},
		value: 3, bad: "-7",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			return m.okrugRows(p, s, func(o *okrug, c cut, draft bool) []string {
				start, end := m.levels(o, p.Start()), m.levels(o, p.End())
				total := roundedTotal(end)
				poor := start[3] + start[4]
				up := m.count("poor up", o.code, p.Start(), float64(poor)*m.between("ways out", o.code, p.Start(), 0.08, 0.3))
				allUp := up + m.count("others up", o.code, p.Start(), float64(start[1]+start[2])*m.between("up", o.code, p.Start(), 0.01, 0.025))
				down := m.count("down", o.code, p.Start(), float64(start[0]+start[1]+start[2])*m.between("down share", o.code, p.Start(), 0.006, 0.016))
				large := int64(float64(c.households) * m.trait("large families", o.code, 0.1, 0.17))
				helped := int64(float64(large) * clamp(m.trait("help", o.code, 0.45, 0.85)+m.between("help now", o.code, p.Start(), -0.05, 0.05), 0, 1))
				if draft {
					helped -= helped / 12
				}
				return []string{
					o.code.String(), o.nameRU, label(p), whole(total), suppressed(poor), suppressed(up),
					suppressed(allUp), suppressed(down), suppressed(large), suppressed(helped), mapMethod(p.End()),
				}
			})
		},
	}
}
