package simulate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/auyl-kz/auyl"
)

// What comes in of a month: a twentieth of what the oblast has in life.
const (
	requestsPerMonth = 900
	appealsPerMonth  = 500
)

// contactCenter exports the requests of a month as an interface gives them; the
// revision has those that were open, or not rated, at the first export.
func contactCenter() register {
	return register{
		source: "akimat.contact_109", freq: auyl.FreqMonth, lag: 3, ext: "json", encode: contactPage,
		header: []string{
			"no", "kato", "channel", "topic_code", "created_at", "due_at", "closed_at", "as_of", "status", "score", "text",
			"applicant.name", "applicant.phone",
		},
		value: 9, bad: "9",
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			return twice(m.requests(p), s, p.End()+3, 7, func(r request, export auyl.Day) []string { return m.requestRow(p, r, export) })
		},
	}
}

// request is one request or appeal; closed is after everything while it is open.
type request struct {
	n                             int
	place                         int
	created, due, closed          time.Time
	redirected, extended, repeats bool
	score                         int64
	topic                         string
	person                        uint64
}

// twice writes each row as the first export shows it; as the revision does, where
// that says something else, or where the request was not due by the first one. The
// column of the day of the export is no change.
func twice(all []request, s issue, first auyl.Day, asOf int, row func(r request, export auyl.Day) []string) [][]string {
	var rows [][]string
	for _, r := range all {
		before := row(r, first)
		if !s.revision {
			rows = append(rows, before)
			continue
		}
		after := row(r, first+revisionLag)
		before[asOf] = after[asOf]
		if !r.due.Before(first.Time()) || s.changed(before, after) {
			rows = append(rows, after)
		}
	}
	return rows
}

func (m *Model) requests(p auyl.Period) []request {
	rng := m.rng("requests", 0, p.Start())
	draw := m.drawPlaces(p.Start(), true)
	days := int(p.End() - p.Start())
	out := make([]request, requestsPerMonth*m.o.Scale)
	for i := range out {
		at := p.Start().Time().AddDate(0, 0, i*days/len(out)).Add(time.Duration(8*3600+rng.IntN(11*3600)) * time.Second)
		r := request{n: i + 1, place: draw(rng.Float64()), created: at, person: 1 + rng.Uint64N(20000)}
		r.due = at.Truncate(24*time.Hour).AddDate(0, 0, []int{1, 3, 7, 15}[weighted(rng.Float64(), []float64{2, 3, 4, 1})]).Add(18 * time.Hour)
		term := r.due.Sub(at).Hours()
		slow := 0.55 + 0.4*m.districtOf(m.places[r.place].District).remoteness
		r.closed = at.Add(time.Duration(term * slow * math.Exp(0.7*rng.NormFloat64()) * float64(time.Hour)))
		r.topic = []string{"animals.stray", "infra.water", "infra.road", "infra.light", "waste.dump", "transport.bus"}[rng.IntN(6)]
		r.redirected = rng.Float64() < 0.05
		if rng.Float64() < 0.38 {
			r.score = int64(1 + weighted(rng.Float64(), []float64{14, 8, 12, 26, 40}))
		}
		out[i] = r
	}
	return out
}

func (m *Model) requestRow(p auyl.Period, r request, export auyl.Day) []string {
	clock := func(t time.Time) string { return t.Format("2006-01-02T15:04:05") + "+05:00" }
	asOf := export.Time().Add(7 * time.Hour)
	row := []string{
		fmt.Sprintf("109-19-%s-%05d", p.Start().Time().Format("200601"), r.n), m.places[r.place].Okrug.String(),
		[]string{"phone", "app", "messenger"}[r.n%3], r.topic, clock(r.created), clock(r.due), "", clock(asOf), "open", "",
		"Прошу принять меры, ИИН " + impossibleIIN(r.person) + ", счёт " + impossibleAccount(r.person), canaryName(r.person), impossiblePhone(r.person),
	}
	switch {
	case r.redirected:
		row[8] = "redirected"
	case !r.closed.After(asOf):
		row[6], row[8] = clock(r.closed), "closed"
		if r.score > 0 {
			row[9] = whole(r.score)
		}
	}
	return row
}

// contactPage makes the answer of an interface: nested objects, null for nothing,
// and scores as numbers.
func contactPage(rows [][]string) ([]byte, error) {
	header := rows[0]
	items := make([]map[string]any, 0, len(rows)-1)
	for _, row := range rows[1:] {
		item := map[string]any{}
		for i, name := range header {
			var v any
			switch {
			case row[i] != "" && name == "score":
				v = json.Number(row[i])
			case row[i] != "":
				v = row[i]
			}
			at := item
			if outer, inner, ok := strings.Cut(name, "."); ok {
				nested, ok := item[outer].(map[string]any)
				if !ok {
					nested = map[string]any{}
					item[outer] = nested
				}
				at, name = nested, inner
			}
			at[name] = v
		}
		items = append(items, item)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(map[string]any{"success": true, "data": map[string]any{"items": items, "total": len(items)}}); err != nil {
		return nil, fmt.Errorf("write page of requests: %w", err)
	}
	return b.Bytes(), nil
}

// appeals exports the appeals of a month with all that identifies who wrote them.
func appeals() register {
	return register{
		source: "eotinish.appeals", freq: auyl.FreqMonth, lag: 5,
		dialect: dialect{';', utf8BOM, true},
		header: []string{
			"Номер обращения", "КАТО", "Тема", "Код темы", "Дата регистрации", "Срок", "Дата закрытия", "Состояние на", "Статус",
			"Продлено", "Повторное", "Язык", "ФИО заявителя", "ИИН", "Телефон", "Текст обращения",
		},
		rows: func(m *Model, p auyl.Period, s issue) [][]string {
			rows := twice(m.appealsOf(p), s, p.End()+5, 7, func(r request, export auyl.Day) []string { return m.appealRow(p, r, export) })
			// The render makes bad rows by a column of Latin name; here they are made by hand.
			if rng := m.rng("bad appeals "+label(p), 0, p.Start()); !s.revision && len(rows) > 0 {
				bad := slices.Clone(rows[rng.IntN(len(rows))])
				bad[0], bad[1] = bad[0]+"9", "999999999"
				rows = append(rows, bad, rows[rng.IntN(len(rows))])
			}
			return rows
		},
	}
}

func (m *Model) appealsOf(p auyl.Period) []request {
	rng := m.rng("appeals", 0, p.Start())
	draw := m.drawPlaces(p.Start(), true)
	days := int(p.End() - p.Start())
	out := make([]request, appealsPerMonth*m.o.Scale)
	for i := range out {
		day := p.Start() + auyl.Day(i*days/len(out))
		place := draw(rng.Float64())
		due := workingDays(day, 15)
		r := request{
			n: i + 1, place: place, created: day.Time(), due: due.Time(), person: 1 + rng.Uint64N(20000),
			redirected: rng.Float64() < 0.05, extended: rng.Float64() < 0.08, repeats: rng.Float64() < 0.07,
			topic: []string{"land.pasture", "infra.water", "infra.road", "waste.dump", "animals.stray", "other"}[rng.IntN(6)],
		}
		closed := day + auyl.Day(clamp(float64(due-day)*(0.55+0.3*m.districtOf(m.places[place].District).remoteness)*math.Exp(0.45*rng.NormFloat64()), 1, 90))
		if r.extended {
			closed = due + 5 + auyl.Day(rng.IntN(60))
		}
		// What is old is closed on the last day of the month, all at once.
		if end := auyl.NewPeriod(auyl.FreqMonth, closed).LastDay(); rng.Float64() < 0.25 {
			closed = end
		}
		if r.redirected {
			closed = day + auyl.Day(rng.IntN(3))
		}
		r.closed = closed.Time()
		out[i] = r
	}
	return out
}

func (m *Model) appealRow(p auyl.Period, r request, export auyl.Day) []string {
	const day = "02.01.2006"
	word := map[bool]string{true: "да", false: "нет"}
	theme := map[string]string{"land.pasture": "Пастбища", "infra.water": "Вода", "infra.road": "Дороги", "waste.dump": "ТБО", "animals.stray": "Бродячие животные", "other": "Прочее"}
	iin := impossibleIIN(r.person)
	text := "Просим решить вопрос; документ № " + iin + ", карта " + impossibleCard(r.person)
	if r.n%2 == 0 {
		text = "Шешіп беруіңізді сұраймыз, ЖСН " + iin[:6] + " " + iin[6:] + ", тел. " + impossiblePhone(r.person)
	}
	row := []string{
		fmt.Sprintf("ЖТ-%s-%06d", p.Start().Time().Format("200601"), r.n), m.places[r.place].Okrug.String(), theme[r.topic], r.topic,
		r.created.Format(day), r.due.Format(day), "", dotted(export), "в работе", word[r.extended], word[r.repeats],
		[]string{"kk", "ru"}[r.n%2], canaryName(r.person), iin, impossiblePhone(r.person), text,
	}
	if r.closed.Before(export.Time()) {
		row[6], row[8] = r.closed.Format(day), "исполнено"
		if r.redirected {
			row[8] = "перенаправлено" // and keeps the day on which it was due
		}
	}
	return row
}
