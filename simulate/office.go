package simulate

import (
	"fmt"
	"time"

	"github.com/auyl-kz/auyl"
)

// officeRegisters are the exports about what akim offices report: promises, meetings, infrastructure, schools.
func officeRegisters() []register {
	return []register{okrugReport(), powerSupply(), schools(), kpiPlan(), landfillRegister()}
}

// okrugReport is the monthly form of an akim office, one answer a row. Answers
// about stocks are asked for at the end of a quarter.
func okrugReport() register {
	return register{
		source: "akimat.okrug_report", freq: auyl.FreqMonth, lag: 5,
		dialect: dialect{';', utf8BOM, true},
		header:  []string{"kato", "form_version", "period", "question", "value", "filled_by"},
		value:   4, bad: "көп",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			var rows [][]string
			m.okrugRows(p, s, func(o *okrug, c cut, draft bool) []string {
				who := impossibleIIN(m.rng("filled by", o.code, 0).Uint64())
				for _, a := range m.answers(o, c, p, draft) {
					v := whole(a.value)
					if a.value == 0 && m.chance("writes a word", o.code, p.Start()) < 0.3 {
						v = "жоқ" // answered in words, which the form allows for none
					}
					rows = append(rows, []string{o.code.String(), "2026.2", label(p), a.question, v, who})
				}
				return nil
			})
			return rows
		},
	}
}

type reportAnswer struct {
	question string
	value    int64
}

// answers are those of one office in one month.
func (m *Model) answers(o *okrug, c cut, p auyl.Period, draft bool) []reportAnswer {
	day, month := p.Start(), p.Start().Time().Month()
	people, far := float64(c.people), o.district.remoteness
	count := func(what string, expected float64) int64 { return m.count("report "+what, o.code, day, expected) }
	part := func(what string, of int64, lo, hi float64) int64 {
		return min(of, count(what, float64(of)*m.between("report share "+what, o.code, day, lo, hi)))
	}
	var out []reportAnswer
	pair := func(whole string, of int64, some string, lo, hi float64) {
		n := part(some, of, lo, hi)
		if draft {
			n -= n / 10 // what was done in the last days is entered with the correction
		}
		out = append(out, reportAnswer{whole, of}, reportAnswer{some, n})
	}
	required := int64(0)
	// The yearly report in winter, one meeting each half-year besides.
	if month == time.February || month == time.June || month == time.November {
		required = 1
	}
	pair("report_meetings_required", required, "report_meetings_held", 0.9, 1.05)
	attended := 0.0
	if required > 0 {
		attended = float64(c.adult+c.old) * m.between("report attendance", o.code, day, 0.03, 0.12)
	}
	out = append(out, reportAnswer{"attendees", count("attendees", attended)})
	pair("questions_raised", count("questions", 1+attended/12), "questions_answered", 0.75, 1)
	pair("projects_due", count("projects", 0.3+people/30000), "projects_commissioned_on_time", 0.5, 1)
	pair("processing_capacity_tonnes", int64(20+people*m.trait("processing", o.code, 0.002, 0.02)), "processing_output_tonnes", 0.4, 0.85)
	herd := float64(c.cattle)
	out = append(
		out,
		reportAnswer{"milk_processed", count("milk", herd*0.04*m.between("report milk", o.code, day, 0.3, 1))},
		reportAnswer{"meat_processed", count("meat", herd*0.004*m.between("report meat", o.code, day, 0.3, 1))},
		reportAnswer{"expenditure_participatory", count("participatory", people*0.05*m.between("report participatory", o.code, day, 0, 1))},
	)
	poor := int64(float64(c.households) * c.povertyWeight)
	out = append(out, reportAnswer{"families_de_visited", part("visited", poor, 0.15, 0.45)})
	requests := count("data requests", 1.2+far)
	out = append(out, reportAnswer{"requests_answered", requests}, reportAnswer{"request_days_total", requests * int64(m.between("report days", o.code, day, 3, 25+20*far))})
	if month%3 != 0 {
		return out
	}
	years := float64(day-alatauDay()) / 365.25
	grown := func(what string, lo, hi, perYear float64) int64 { // a stock that only grows
		return int64(m.trait(what, o.code, lo, hi) * (1 + perYear*years))
	}
	plots := int64(float64(c.households) * m.trait("plots", o.code, 1.1, 1.6))
	specialists := 1 + int64(m.trait("specialists", o.code, 0, 5))
	promises := grown("promises", 6, 14, 0.3)
	storage := int64(people * m.trait("storage demand", o.code, 0.02, 0.2))
	out = append(
		out,
		reportAnswer{"families_de_total", poor},
		reportAnswer{"sites_with_utilities", grown("sites", 0, 3, 0.15)},
		reportAnswer{"specialists_arrived_3y_ago", specialists},
		reportAnswer{"specialists_working_after_3y", part("specialists", specialists, 0.4, 1)},
		reportAnswer{"plots_inventoried", plots},
		reportAnswer{"plots_unregistered", int64(float64(plots) * clamp(m.trait("unregistered", o.code, 0.03, 0.25)-0.01*years, 0, 1))},
		reportAnswer{"processing_enterprises", grown("processors", 0, 4, 0.1)},
		reportAnswer{"storage_demand_tonnes", storage},
		reportAnswer{"storage_capacity_tonnes", int64(float64(storage) * m.trait("storage", o.code, 0.2, 1.3))},
		reportAnswer{"promises_due", promises},
		reportAnswer{"promises_done", int64(float64(promises) * m.trait("keeps promises", o.code, 0.5, 0.97))},
		reportAnswer{"db_required", 12},
		reportAnswer{"db_accessible", min(12, int64(m.trait("databases", o.code, 3, 9)+0.8*years))},
	)
	return out
}

// powerSupply is what the grid company reports of interruptions.
func powerSupply() register {
	return register{
		source: "mio.power_supply", freq: auyl.FreqMonth, lag: 8,
		dialect: dialect{',', utf8Plain, false},
		header:  []string{"kato", "okrug", "period", "consumers_total", "interruption_hours_x_consumers"},
		value:   3, bad: "-1",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			return m.okrugRows(p, s, func(o *okrug, c cut, draft bool) []string {
				winter := 1.0
				if mo := p.Start().Time().Month(); mo <= time.March || mo >= time.November {
					winter = 1.7
				}
				hours := m.logNormal("outages", o.code, p.Start(), 0.6) * winter * (0.8 + 2.5*o.district.remoteness)
				consumers := c.households + c.households/12
				lost := int64(hours * float64(consumers))
				if draft {
					lost -= lost / 15
				}
				return []string{o.code.String(), o.nameRU, label(p), whole(consumers), whole(lost)}
			})
		},
	}
}

// schools is the half-yearly aggregate of the education database, a school a row.
func schools() register {
	return register{
		source: "moe.nobd", freq: auyl.FreqHalfYear, lag: 30,
		dialect: dialect{';', utf8Plain, false},
		header:  []string{"school_id", "kato", "as_of", "pupils", "pupils_third_shift", "unsafe", "children_2_6", "enrolled_2_6"},
		value:   3, bad: "-5",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			var rows [][]string
			m.okrugRows(p, s, func(o *okrug, c cut, draft bool) []string {
				n := 1 + c.young/700
				for i := range n {
					at := auyl.Day(i)
					pupils := c.young * 6 / 10 / n
					third := int64(0)
					if m.chance("third shift", o.code, at) < 0.12 {
						third = pupils / 6
					}
					unsafe := "0"
					if m.chance("unsafe school", o.code, at) < 0.04 {
						unsafe = "1"
						third = pupils
					}
					small := c.young * 3 / 10 / n
					enrolled := int64(float64(small) * clamp(m.trait("preschool", o.code, 0.7, 1)-0.15*o.district.remoteness, 0, 1))
					if draft {
						enrolled -= enrolled / 8 // private kindergartens are late
					}
					rows = append(rows, []string{
						fmt.Sprintf("S-%s-%02d", o.code, i+1), o.code.String(), dotted(p.End()), whole(pupils), whole(third), unsafe, whole(small), whole(enrolled),
					})
				}
				return nil
			})
			return rows
		},
	}
}

// kpiPlan is the plan of KPI of okrug akims, a KPI a row.
func kpiPlan() register {
	return register{
		source: "akimat.kpi_plan", freq: auyl.FreqHalfYear, lag: 20,
		dialect: dialect{';', utf8BOM, false},
		header:  []string{"kato", "kpi", "as_of", "weight", "controllable", "measured", "points", "within_band"},
		value:   3, bad: "700",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			var rows [][]string
			m.okrugRows(p, s, func(o *okrug, _ cut, draft bool) []string {
				for i, k := range []struct{ id, control string }{
					{"own_revenue", "partial"},
					{"roads", "partial"},
					{"waste_collection", "full"},
					{"jobs", "partial"},
					{"appeals_on_time", "full"},
					{"report_meetings", "full"},
					{"livestock_identified", "full"},
					{"unemployment", "none"},
				} {
					at := p.Start() + auyl.Day(i)
					measured := "1"
					progress := clamp(m.trait("kpi "+k.id, o.code, 0.3, 1.1)+m.between("kpi now", o.code, at, -0.1, 0.15), 0, 1.2)
					if m.chance("kpi measured", o.code, at) < 0.08 {
						measured, progress = "0", 0
					}
					if draft {
						progress *= 0.95
					}
					band := "0"
					if m.chance("kpi band "+k.id, o.code, p.Start()) < 0.7 {
						band = "1"
					}
					const weight = 12.5
					rows = append(rows, []string{
						o.code.String(), k.id, dotted(p.End()), decimal(weight, 1), k.control, measured, decimal(weight*progress, 2), band,
					})
				}
				return nil
			})
			return rows
		},
	}
}

// landfillRegister lists landfills and dumps with their places. An office in the
// mountains writes degrees and minutes.
func landfillRegister() register {
	return register{
		source: "eco.landfill_register", freq: auyl.FreqQuarter, lag: 25,
		dialect: dialect{',', utf8Plain, false},
		header: []string{
			"site_id", "kind", "name", "kato", "lat", "lon", "land_act", "permit", "sanitary_zone_ok", "capacity_m3", "filled_m3",
			"detected_at", "liquidated_at", "detector", "area_m2",
		},
		value: 4, bad: "76.9",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			var rows [][]string
			m.okrugRows(p, s, func(o *okrug, c cut, _ bool) []string {
				lat, lon := m.trait("lat", o.code, 42.6, 45.5), m.trait("lon", o.code, 74.5, 80)
				place := func(i int64) (string, string) {
					a, b := lat+float64(i)*0.01, lon+float64(i)*0.01
					if o.district.remoteness > 0.8 {
						return minutes(a), minutes(b)
					}
					return decimal(a, 4), decimal(b, 4)
				}
				n := 1 + int64(m.chance("landfills", o.code, 0)*1.6)
				for i := range n {
					a, b := place(i)
					good := "0"
					if m.chance("good landfill", o.code, auyl.Day(i)) < 0.2 {
						good = "1"
					}
					rows = append(rows, []string{
						fmt.Sprintf("L-%s-%02d", o.code.String()[:6], i+1), "landfill", "полигон ТБО", o.code.String(), a, b, "1", good, good,
						whole(20000 + c.people*4), whole(12000 + c.people*3), "", "", "", whole(8000 + c.people),
					})
				}
				for i := range m.count("dump sites", o.code, p.Start(), 0.3+float64(c.people)/20000) {
					a, b := place(n + i)
					found := p.Start() + auyl.Day(m.between("found", o.code, p.Start()+auyl.Day(i), 0, 60))
					gone := ""
					if m.chance("gone", o.code, found) < 0.7 {
						gone = (found + 20).String()
					}
					rows = append(rows, []string{
						fmt.Sprintf("d:%s-%s-%02d", o.code.String()[:6], label(p), i+1), "dump", "стихийная свалка", o.code.String(), a, b, "", "", "", "", "",
						found.String(), gone, "satellite", whole(200 + i*90),
					})
				}
				return nil
			})
			return rows
		},
	}
}

// minutes writes degrees, minutes and seconds.
func minutes(d float64) string {
	s := int64(d * 3600)
	return fmt.Sprintf("%d°%02d'%02d\"", s/3600, s/60%60, s%60)
}
