package simulate

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
)

// The door of Taldau, the Bureau's data base of indices, with district figures.

// errOutside is what Taldau says of any combination that it does not have; its
// text is the title of the page that comes with status 500.
var errOutside = errors.New("Индекс за пределами диапазона") //nolint:staticcheck // the words of the source

const (
	countryTerm = "741880"
	oblastTerm  = "250700" // made up: the real number of the oblast was not found
)

// index is one series of Taldau by region.
type index struct {
	id         int
	nameRU     string
	measure    int
	measureRU  string
	dics       []string // the first is the regions
	terms      []string // totals of the other dictionaries
	dicNames   []string
	freq       auyl.Freq
	stock      bool // a figure of the first day of the period, not of the period
	lag        int  // days after the date until it is shown
	confidence float64
	cumulative bool  // a month holds what was since January
	hidden     int64 // counts from 1 to this are shown as x
	tenths     bool  // the value is tenths
	value      func(m *Model, d *district, p auyl.Period, draft bool) int64
}

func indices() []index {
	wageDics := []string{"68", "859", "776", "2813", "576"}
	wageTerms := []string{"741885", "741917", "3629946", "741935"}
	wageNames := []string{"Регионы", "ОКЭД", "Размерность", "Пол", "Местность"}
	lifeDics := []string{"67", "749", "576"}
	lifeTerms := []string{"741917", "741935"}
	lifeNames := []string{"Регионы", "Пол", "Местность"}
	return append([]index{
		{
			id: 702972, nameRU: "Среднемесячная номинальная заработная плата одного работника", measure: 1, measureRU: "Тенге",
			dics: wageDics, terms: wageTerms, dicNames: wageNames, freq: auyl.FreqQuarter, lag: 45, confidence: 0.02,
			value: (*Model).wage,
		},
		{
			id: 702975, nameRU: "Фактическая численность работников", measure: 7, measureRU: "Человек",
			dics: wageDics, terms: wageTerms, dicNames: wageNames, freq: auyl.FreqQuarter, lag: 45, confidence: 0.02,
			value: (*Model).headcount,
		},
		{
			id: 703831, nameRU: "Численность населения на начало периода", measure: 7, measureRU: "Человек",
			dics: lifeDics, terms: lifeTerms, dicNames: lifeNames, freq: auyl.FreqQuarter, stock: true, lag: 40,
			value: func(m *Model, d *district, p auyl.Period, _ bool) int64 { return m.Population(d.code, p.Start()) },
		},
		{
			id: 703839, nameRU: "Число родившихся", measure: 23, measureRU: "Человек",
			dics: lifeDics, terms: lifeTerms, dicNames: lifeNames, freq: auyl.FreqMonth, lag: 40,
			value: func(m *Model, d *district, p auyl.Period, draft bool) int64 {
				return m.vital("births", d, p, 0.0235, 0.02, draft)
			},
		},
		{
			id: 703847, nameRU: "Число умерших", measure: 23, measureRU: "Человек",
			dics: lifeDics, terms: lifeTerms, dicNames: lifeNames, freq: auyl.FreqMonth, lag: 40,
			value: func(m *Model, d *district, p auyl.Period, draft bool) int64 {
				return m.vital("deaths", d, p, 0.0061, 0.12, draft)
			},
		},
	}, economyIndices()...)
}

func (ix *index) periodID() (id int, name string) {
	switch {
	case ix.cumulative:
		return cumulative, "Месяц с накоплением"
	case ix.freq == auyl.FreqMonth:
		return 4, "Месяц"
	case ix.freq == auyl.FreqYear:
		return 7, "Год"
	}
	return 5, "Квартал"
}

// date is the day under which Taldau files a period.
func (ix *index) date(p auyl.Period) auyl.Day {
	if ix.stock {
		return p.Start()
	}
	return p.LastDay()
}

// periods lists the periods shown on the day of the model, oldest first.
func (ix *index) periods(m *Model) []auyl.Period {
	var out []auyl.Period
	start := m.first().Start()
	for p := auyl.NewPeriod(ix.freq, start); ix.date(p)+auyl.Day(ix.lag) <= m.o.Now; p = p.Shift(1) {
		if p.Start() >= start {
			out = append(out, p)
		}
	}
	return out
}

// cell is a value as Taldau shows it: digits, "x" for confidential, "" for none.
// One cell in twenty is changed in silence 90 days after it was first shown.
func (ix *index) cell(m *Model, d *district, p auyl.Period) string {
	if len(d.places) == 0 || m.Population(d.code, p.Start()) == 0 {
		return ""
	}
	what := strconv.Itoa(ix.id)
	if m.chance("secret "+what, d.code, p.Start()) < ix.confidence {
		return "x"
	}
	draft := m.chance("revised "+what, d.code, p.Start()) < 0.05 && ix.date(p)+auyl.Day(ix.lag+90) > m.o.Now
	v := ix.value(m, d, p, draft)
	switch {
	case v > 0 && v <= ix.hidden:
		return "x"
	case ix.tenths:
		return decimal(float64(v)/10, 1)
	}
	return whole(v)
}

func dateID(p auyl.Period) string {
	y, month, _ := p.Start().Time().Date()
	return strconv.Itoa(100 + (y-2000)*12 + int(month))
}

func periodName(ix *index, p auyl.Period, lang string) string {
	y, month, _ := p.Start().Time().Date()
	switch {
	case ix.stock && lang == "kk":
		return dotted(p.Start()) + " жағдай бойынша"
	case ix.stock:
		return "на " + dotted(p.Start())
	case ix.cumulative && lang == "kk":
		return fmt.Sprintf("%d жылғы қаңтар – %02d-ай", y, month)
	case ix.cumulative && month > time.January:
		return "январь-" + monthRU(month) + fmt.Sprintf(" %d года", y)
	case p.Freq() == auyl.FreqYear && lang == "kk":
		return fmt.Sprintf("%d жыл", y)
	case p.Freq() == auyl.FreqYear:
		return fmt.Sprintf("%d год", y)
	case p.Freq() == auyl.FreqQuarter && lang == "kk":
		return fmt.Sprintf("%d жылғы %d-тоқсан", y, (month+2)/3)
	case p.Freq() == auyl.FreqQuarter:
		return fmt.Sprintf("%d квартал %d года", (month+2)/3, y)
	case lang == "kk":
		return fmt.Sprintf("%d жылғы %02d-ай", y, month)
	}
	return monthRU(month) + fmt.Sprintf(" %d года", y)
}

func monthRU(m time.Month) string {
	return [...]string{
		"январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
	}[m-1]
}

func (d *district) title(lang string) string {
	if lang == "kk" {
		return strings.ToUpper(d.nameKK)
	}
	return strings.ToUpper(d.nameRU)
}

// taldau wraps a call: it reads query or form, and answers errOutside as Taldau does.
func (m *Model) taldau(lang string, call func(*Model, *http.Request, string) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
		v, err := call(m, r, lang)
		if err != nil {
			page(w, http.StatusInternalServerError, errOutside.Error())
			return
		}
		answer(w, r, v)
	}
}

// wanted finds the index that a request names and checks every other parameter
// that it gives against it.
func wanted(r *http.Request) (*index, error) {
	id := r.PathValue("id")
	for _, name := range []string{"indexId", "p_index_id"} {
		if id == "" {
			id = r.FormValue(name)
		}
	}
	all := indices()
	at := slices.IndexFunc(all, func(ix index) bool { return strconv.Itoa(ix.id) == id })
	if at < 0 {
		return nil, errOutside
	}
	ix := &all[at]
	period, _ := ix.periodID()
	for _, name := range []string{"period", "periodId", "p_period_id"} {
		if v := r.FormValue(name); v != "" && v != strconv.Itoa(period) {
			return nil, errOutside
		}
	}
	if v := r.FormValue("p_measure_id"); v != "" && v != strconv.Itoa(ix.measure) {
		return nil, errOutside
	}
	for _, name := range []string{"dics", "p_dicIds"} {
		if v := r.FormValue(name); v != "" && !slices.Equal(list(v), ix.dics) {
			return nil, errOutside
		}
	}
	for _, name := range []string{"terms", "p_terms"} {
		if v := r.FormValue(name); v != "" && !slices.Equal(list(v), append([]string{countryTerm}, ix.terms...)) {
			return nil, errOutside
		}
	}
	return ix, nil
}

// list splits "68,859" and "68 + 859", both of which clients send.
func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == '+' || r == ' ' })
}

func (m *Model) periodList(r *http.Request, _ string) (any, error) {
	ix, err := wanted(r)
	if err != nil {
		return nil, err
	}
	type period struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	}
	id, name := ix.periodID()
	return []period{{id, name}}, nil
}

func (m *Model) segmentList(r *http.Request, _ string) (any, error) {
	ix, err := wanted(r)
	if err != nil {
		return nil, err
	}
	type segment struct {
		DicID      string `json:"dicId"`
		DicClassID string `json:"dicClassId"`
		IDs        string `json:"ids"`
		Names      string `json:"names"`
		FullNames  string `json:"fullNames"`
		TermIDs    string `json:"termIds"`
		TermNames  string `json:"termNames"`
		DicCount   int    `json:"dicCount"`
		TermPath   string `json:"termPath"`
		Idx        int    `json:"idx"`
		Order      int    `json:"order"`
		DecFormat  string `json:"decFormat"`
	}
	return []segment{{
		DicID: strings.Join(ix.dics, " + "), DicClassID: "1", IDs: strings.Join(ix.dics, ","),
		Names: strings.Join(ix.dicNames, " + "), FullNames: strings.Join(ix.dicNames, "; "),
		TermIDs:   strings.Join(append([]string{countryTerm}, ix.terms...), ","),
		TermNames: "РЕСПУБЛИКА КАЗАХСТАН" + strings.Repeat("; Всего", len(ix.terms)),
		DicCount:  len(ix.dics), Order: 1, DecFormat: "0",
	}}, nil
}

func (m *Model) indexPeriods(r *http.Request, lang string) (any, error) {
	ix, err := wanted(r)
	if err != nil {
		return nil, err
	}
	out := struct {
		DateList       []string `json:"dateList"`
		PeriodNameList []string `json:"periodNameList"`
		DatesToDraw    []string `json:"datesToDraw"`
		DatesIDs       []string `json:"datesIds"`
	}{[]string{}, []string{}, []string{}, []string{}}
	for _, p := range ix.periods(m) {
		out.DateList = append(out.DateList, ix.date(p).Time().Format("012006"))
		out.PeriodNameList = append(out.PeriodNameList, periodName(ix, p, lang))
		out.DatesToDraw = append(out.DatesToDraw, dotted(ix.date(p)))
		out.DatesIDs = append(out.DatesIDs, dateID(p))
	}
	return out, nil
}

func (m *Model) indexAttributes(r *http.Request, _ string) (any, error) {
	ix, err := wanted(r)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"id": ix.id, "name": ix.nameRU, "namePath": "", "path": "", "measureName": ix.measureRU, "measureSign": "", "decFormat": "0",
	}, nil
}
