package words

import (
	"fmt"
	"strconv"
	"time"

	"github.com/auyl-kz/auyl"
)

// Period says a period: «2026 жылғы қыркүйек», «сентябрь 2026 года», September
// 2026. Locative is when («в сентябре 2026 года»), Genitive of which («сентября
// 2026 года»), Relative of Kazakh the adjective («2026 жылғы қыркүйектегі»).
func (w *Words) Period(p auyl.Period) Arg {
	start := p.Start().Time()
	year := strconv.Itoa(start.Year())
	switch w.lang {
	case "kk":
		return kazakhPeriod(p, start, year)
	case "ru":
		return russianPeriod(p, start, year)
	}
	text := englishPeriod(p, start, year)
	in := "in " + text
	if p.Freq() == auyl.FreqDay {
		in = "on " + text
	}
	return Arg{Text: text, Forms: map[Case]string{Locative: in, Relative: in}}
}

func kazakhPeriod(p auyl.Period, start time.Time, year string) Arg {
	var text string
	possessive := false
	switch p.Freq() {
	case auyl.FreqYear:
		return Arg{Text: year + " жыл", Forms: map[Case]string{
			Locative: year + " жылы", Relative: year + " жылғы", Genitive: year + " жылдың", Ablative: year + " жылдан",
		}}
	case auyl.FreqHalfYear:
		text = year + " жылғы " + half(start) + " жартыжылдық"
	case auyl.FreqQuarter:
		text = year + " жылғы " + quarter(start) + " тоқсан"
	case auyl.FreqMonth:
		text = year + " жылғы " + kazakhMonth(start.Month())
	case auyl.FreqWeek:
		b := p.LastDay().Time()
		text = fmt.Sprintf("%d жылғы %s аптасы", b.Year(), span(start, b, kazakhMonth))
		possessive = true
	case auyl.FreqDay:
		text = fmt.Sprintf("%s жылғы %d %s", year, start.Day(), kazakhMonth(start.Month()))
	}
	out := Arg{Text: text, Forms: map[Case]string{}}
	for _, c := range []Case{Genitive, Dative, Accusative, Locative, Ablative, Relative} {
		out.Forms[c] = Kazakh(text, c, possessive)
	}
	return out
}

func russianPeriod(p auyl.Period, start time.Time, year string) Arg {
	of := func(nominative, genitive, locative string) Arg {
		return Arg{Text: nominative, Forms: map[Case]string{Genitive: genitive, Locative: locative, Relative: locative}}
	}
	switch p.Freq() {
	case auyl.FreqYear:
		return of(year+" год", year+" года", "в "+year+" году")
	case auyl.FreqHalfYear:
		h := half(start)
		return of(h+" полугодие "+year+" года", h+" полугодия "+year+" года", in(h)+h+" полугодии "+year+" года")
	case auyl.FreqQuarter:
		q := quarter(start)
		return of(q+" квартал "+year+" года", q+" квартала "+year+" года", in(q)+q+" квартале "+year+" года")
	case auyl.FreqMonth:
		m := start.Month()
		return of(russianMonth(m, Nominative)+" "+year+" года", russianMonth(m, Genitive)+" "+year+" года", "в "+russianMonth(m, Locative)+" "+year+" года")
	case auyl.FreqWeek:
		b := p.LastDay().Time()
		days := fmt.Sprintf("%s %d года", span(start, b, func(m time.Month) string { return russianMonth(m, Genitive) }), b.Year())
		return of("неделя "+days, "недели "+days, "за неделю "+days)
	case auyl.FreqDay:
	}
	day := fmt.Sprintf("%d %s %s года", start.Day(), russianMonth(start.Month(), Genitive), year)
	return of(day, day, "на "+day)
}

// in is «во» before «втором», which II is read as.
func in(roman string) string {
	if roman == "II" {
		return "во "
	}
	return "в "
}

func englishPeriod(p auyl.Period, start time.Time, year string) string {
	switch p.Freq() {
	case auyl.FreqYear:
		return year
	case auyl.FreqHalfYear:
		return "the " + map[string]string{"I": "first", "II": "second"}[half(start)] + " half of " + year
	case auyl.FreqQuarter:
		return fmt.Sprintf("Q%d %s", (start.Month()+2)/3, year)
	case auyl.FreqMonth:
		return start.Month().String() + " " + year
	case auyl.FreqWeek:
		b := p.LastDay().Time()
		return fmt.Sprintf("the week of %s %d", span(start, b, time.Month.String), b.Year())
	case auyl.FreqDay:
	}
	return fmt.Sprintf("%d %s %s", start.Day(), start.Month(), year)
}

// span says from which day to which, the month once where it is one.
func span(a, b time.Time, month func(time.Month) string) string {
	if a.Month() == b.Month() {
		return fmt.Sprintf("%d–%d %s", a.Day(), b.Day(), month(b.Month()))
	}
	return fmt.Sprintf("%d %s – %d %s", a.Day(), month(a.Month()), b.Day(), month(b.Month()))
}

// ShortPeriod is for axes and columns: 09.2026, III 2026, 2026.
func (w *Words) ShortPeriod(p auyl.Period) string {
	start := p.Start().Time()
	switch p.Freq() {
	case auyl.FreqYear:
		return strconv.Itoa(start.Year())
	case auyl.FreqHalfYear:
		return fmt.Sprintf("%s %s %d", half(start), w.Pick("ж/ж", "п/г", "half"), start.Year())
	case auyl.FreqQuarter:
		return fmt.Sprintf("%s %s %d", quarter(start), w.Pick("тқ", "кв.", "q."), start.Year())
	case auyl.FreqMonth:
		return start.Format("01.2006")
	case auyl.FreqWeek, auyl.FreqDay:
	}
	return start.Format("02.01.2006")
}

// Moment says a vintage: day and minute, in the zone of t.
func (w *Words) Moment(t time.Time) string {
	day := w.Period(auyl.NewPeriod(auyl.FreqDay, auyl.DayOf(t))).Text
	return fmt.Sprintf("%s, %s", day, t.Format("15:04"))
}

func half(t time.Time) string {
	if t.Month() < time.July {
		return "I"
	}
	return "II"
}

func quarter(t time.Time) string { return []string{"I", "II", "III", "IV"}[(t.Month()-1)/3] }

func kazakhMonth(m time.Month) string {
	return []string{"қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым", "шілде", "тамыз", "қыркүйек", "қазан", "қараша", "желтоқсан"}[m-1]
}

// russianMonth declines by two patterns: март and август are hard, май its own, the others soft.
func russianMonth(m time.Month, c Case) string {
	name := []string{"январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь"}[m-1]
	hard := m == time.March || m == time.August
	r := []rune(name)
	stem := string(r[:len(r)-1])
	switch {
	case c == Nominative:
		return name
	case c == Genitive && hard:
		return name + "а"
	case c == Genitive:
		return stem + "я"
	case hard:
		return name + "е"
	}
	return stem + "е"
}
