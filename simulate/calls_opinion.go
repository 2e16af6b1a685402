package simulate

import (
	"fmt"
	"math"
	"strings"

	"github.com/auyl-kz/auyl"
)

// proposalsPerMonth are what akims sent after the forum.
const proposalsPerMonth = 36

// proposal is what an akim asked a state body for.
type proposal struct {
	id             string
	okrug          *okrug
	sent, answered auyl.Day
	theme, to      string
	resolution     string // empty: never answered
}

// proposals exports what was sent in a month and what was answered in it.
func proposals() register {
	return register{
		source: "akimat.proposals", freq: auyl.FreqMonth, lag: 5, once: true,
		dialect: dialect{';', utf8BOM, false},
		header:  []string{"proposal_id", "kato", "theme", "text_ru", "sent_to", "sent_at", "status", "answered_at", "resolution"},
		value:   6, bad: "?",
		rows: func(m *Model, p auyl.Period, _ issue) [][]string {
			var rows [][]string
			for back := range 6 {
				for _, x := range m.proposalsOf(p.Shift(-back)) {
					answered := x.resolution != "" && x.answered >= p.Start() && x.answered < p.End()
					if x.sent < p.Start() && !answered {
						continue
					}
					row := []string{x.id, x.okrug.code.String(), x.theme, "Просим рассмотреть", x.to, x.sent.String(), "sent", "", ""}
					if x.resolution != "" && x.answered < p.End() {
						row[6], row[7], row[8] = "answered", x.answered.String(), x.resolution
					}
					rows = append(rows, row)
				}
			}
			return rows
		},
	}
}

func (m *Model) proposalsOf(p auyl.Period) []proposal {
	rng := m.rng("proposals", 0, p.Start())
	days := int(p.End() - p.Start())
	out := make([]proposal, proposalsPerMonth*m.o.Scale)
	for i := range out {
		x := proposal{
			id:    fmt.Sprintf("F%s-%03d", p.Start().Time().Format("200601"), i+1),
			okrug: &m.okrugs[rng.IntN(len(m.okrugs))], sent: p.Start() + auyl.Day(i*days/len(out)),
			theme: []string{"auyl_amanaty", "pasture", "staff", "local_budget", "waste", "data_access"}[rng.IntN(6)],
			to:    []string{"МНЭ РК", "МСХ РК", "МФ РК", "МИО"}[rng.IntN(4)],
		}
		u := rng.Float64()
		x.answered = x.sent + auyl.Day(20+110*u*u)
		x.resolution = []string{"done", "refused_with_reasons", "partly", "noted", ""}[weighted(rng.Float64(), []float64{30, 18, 16, 22, 14})]
		out[i] = x
	}
	return out
}

// survey exports the wave of a year: shares weighted by a design that is not given
// out, of districts and of the oblast.
func survey() register {
	return register{
		source: "survey.opinion", freq: auyl.FreqYear, lag: 18, once: true,
		dialect: dialect{';', utf8BOM, true},
		header:  []string{"wave", "kato", "question", "mode", "n", "share", "moe"},
		value:   5, bad: "714",
		rows: func(m *Model, p auyl.Period, _ issue) [][]string {
			var rows [][]string
			const oblastSample = 3600 // asked in the oblast
			comma := func(f float64) string { return strings.Replace(decimal(f, 1), ".", ",", 1) }
			areas := []auyl.AreaCode{m.okrugs[0].code.Oblast()}
			for _, d := range m.districts {
				areas = append(areas, d.code)
			}
			for i, a := range areas {
				for k, question := range []string{"trust_akim", "roads_good", "water_good"} {
					n := int64(m.between("asked "+question, a, p.Start(), 160, 420))
					if i == 0 {
						n = oblastSample
					}
					mode := "face_to_face"
					switch {
					case i == len(areas)-1 && k == 0:
						n = 24 // too few to say anything
					case i == len(areas)-2:
						mode = "mixed"
					case i == 3 && k == 1:
						mode = "online"
					}
					share := m.trait("opinion "+question, a, 62, 88) + m.between("opinion now "+question, a, p.Start(), -4, 4)
					rows = append(rows, []string{p.String(), a.String(), question, mode, whole(n), comma(share), comma(98 / math.Sqrt(float64(n)))})
				}
			}
			return rows
		},
	}
}
