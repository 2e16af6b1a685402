package simulate

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/auyl-kz/auyl"
)

// What Taldau shows of the regions: data, the tree, and the figures themselves.

func (m *Model) indexData(r *http.Request, lang string) (any, error) {
	ix, err := wanted(r)
	if err != nil {
		return nil, err
	}
	if r.FormValue("dics") == "" || r.FormValue("period") == "" { // Taldau answers nothing without them
		return nil, errOutside
	}
	type value struct {
		Name  string `json:"name"`
		Date  string `json:"date"`
		Value string `json:"value"`
	}
	type slice struct {
		Terms     []string `json:"terms"`
		TermNames []string `json:"termNames"`
		Periods   []value  `json:"periods"`
	}
	periods, err := ix.chosen(m, r.FormValue("dateIds"))
	if err != nil {
		return nil, err
	}
	out := []slice{}
	for _, d := range m.districts {
		s := slice{Terms: append([]string{d.term}, ix.terms...), TermNames: []string{d.title(lang)}, Periods: []value{}}
		for range ix.terms {
			s.TermNames = append(s.TermNames, "Всего")
		}
		for _, p := range periods {
			if v := ix.cell(m, d, p); v != "" {
				s.Periods = append(s.Periods, value{periodName(ix, p, lang), dotted(ix.date(p)), v})
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// chosen returns the periods that dateIds names, all where it is empty.
func (ix *index) chosen(m *Model, ids string) ([]auyl.Period, error) {
	all := ix.periods(m)
	if ids == "" {
		return all, nil
	}
	var out []auyl.Period
	for _, id := range list(ids) {
		at := slices.IndexFunc(all, func(p auyl.Period) bool { return dateID(p) == id })
		if at < 0 {
			return nil, errOutside
		}
		out = append(out, all[at])
	}
	return out, nil
}

// indexTree answers one level of the tree: without p_parent_id the country, below
// it the oblast, below that the districts.
func (m *Model) indexTree(r *http.Request, lang string) (any, error) {
	ix, err := wanted(r)
	if err != nil {
		return nil, err
	}
	if v := r.FormValue("p_term_id"); v != "" && v != countryTerm {
		return nil, errOutside
	}
	periods, err := ix.chosen(m, r.FormValue("dateIds"))
	if err != nil {
		return nil, err
	}
	node := func(id, text string, leaf bool, row int, cell func(auyl.Period) string) map[string]any {
		n := map[string]any{
			"id": id, "text": text, "leaf": strconv.FormatBool(leaf), "expanded": "false", "measureName": ix.measureRU, "rownum": row,
		}
		for _, p := range periods {
			key := ix.date(p).Time().Format("012006")
			n[key] = dateID(p)
			if v := cell(p); v != "" {
				n["y"+key] = v
			}
		}
		return n
	}
	none := func(auyl.Period) string { return "" } // the model knows no figure of the country
	switch r.FormValue("p_parent_id") {
	case "":
		return []any{node(countryTerm, "РЕСПУБЛИКА КАЗАХСТАН", false, 1, none)}, nil
	case countryTerm:
		return []any{node(oblastTerm, "АЛМАТИНСКАЯ ОБЛАСТЬ", false, 1, none)}, nil
	case oblastTerm:
		out := []any{}
		for i, d := range m.districts {
			out = append(out, node(d.term, d.title(lang), true, i+1, func(p auyl.Period) string { return ix.cell(m, d, p) }))
		}
		return out, nil
	}
	return nil, errOutside
}

// wage is tenge a month: higher near Almaty city, a tenth more each year, most in
// the last quarter with its bonuses.
func (m *Model) wage(d *district, p auyl.Period, draft bool) int64 {
	years := float64(p.Start()-alatauDay()) / 365.25
	quarter := (p.Start().Time().Month() - 1) / 3
	w := (262000 - 58000*d.remoteness) * m.between("wage", d.code, 0, 0.94, 1.06) * math.Pow(1.1, years)
	w *= [4]float64{0.97, 1.0, 0.99, 1.05}[quarter] * m.between("wage now", d.code, p.Start(), 0.99, 1.01)
	if draft {
		w *= 0.985
	}
	return int64(math.Round(w))
}

func (m *Model) headcount(d *district, p auyl.Period, draft bool) int64 {
	n := float64(m.Population(d.code, p.Start())) * m.between("employees", d.code, 0, 0.09, 0.14)
	n *= m.between("employees now", d.code, p.Start(), 0.985, 1.015)
	if draft {
		n *= 0.99
	}
	return int64(math.Round(n))
}

// vital counts births or deaths of a month: rate of a year by people, with a wave
// that is highest in January, and the noise of a count.
func (m *Model) vital(what string, d *district, p auyl.Period, rate, wave float64, draft bool) int64 {
	days := float64(p.End() - p.Start())
	expected := float64(m.Population(d.code, p.Start())) * rate * days / 365.25
	expected *= 1 + wave*math.Cos(2*math.Pi*float64(p.Start().Time().Month()-time.January)/12)
	n := expected + math.Sqrt(expected)*m.rng(what, d.code, p.Start()).NormFloat64()
	if draft {
		n *= 0.97
	}
	return int64(math.Max(0, math.Round(n)))
}
