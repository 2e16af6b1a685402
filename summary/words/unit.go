package words

import (
	"fmt"
	"strings"
)

// Unit is how figures of a unit are written in one language.
type Unit struct {
	Decimals int
	// Head is the unit at the top of a column.
	Head string

	w      *Words
	before string            // «1000 тұрғынға»
	after  map[string]string // by plural category; "" where there is one form for all
	acc    string            // Russian accusative of one: «на 1 минуту»
	points bool              // percent: differences are in percentage points
	per    bool              // so many of something per so many of something else
}

// Unit returns how a unit of the catalogue is written. Units it does not know are
// an error: the catalogue has words for none of its units alone.
func (w *Words) Unit(unit string) (Unit, error) {
	u := Unit{w: w, Head: unit, Decimals: 1}
	forms := func(list ...string) map[string]string {
		out := map[string]string{}
		for i, c := range []string{"one", "few", "many", "other"}[:len(list)] {
			out[c] = list[i]
		}
		return out
	}
	// In Kazakh a noun after a number stays as it is; Russian has one, few, many and other, English one and other.
	noun := func(kk string, ru [4]string, acc, one, other string) {
		u.acc = acc
		switch w.lang {
		case "kk":
			u.after, u.Head = map[string]string{"other": kk}, kk
		case "ru":
			u.after, u.Head = forms(ru[:]...), ru[2]
		default:
			u.after, u.Head = map[string]string{"one": one, "other": other}, other
		}
	}
	per := func(kk, ru, en string) {
		u.per = true
		switch w.lang {
		case "kk":
			u.before, u.Head = kk, kk
		case "ru":
			u.after, u.Head = map[string]string{"other": ru}, ru
		default:
			u.after, u.Head = map[string]string{"other": en}, en
		}
	}
	switch unit {
	case "%":
		per("", "%", "%")
		u.points, u.per = true, false
		u.Head = "%"
	case "% of same period last year":
		u.points = true
		per("өткен жылғы кезеңге", "% к тому же периоду прошлого года", "% of the same period last year")
	case "KZT":
		u.Decimals = 0
		noun("теңге", [4]string{"тенге", "тенге", "тенге", "тенге"}, "", "tenge", "tenge")
	case "KZT per month":
		u.Decimals = 0
		per("айына, теңге", "тенге в месяц", "tenge a month")
	case "thousand KZT":
		noun("мың теңге", [4]string{"тыс. тенге", "тыс. тенге", "тыс. тенге", "тыс. тенге"}, "", "thousand tenge", "thousand tenge")
	case "person":
		u.Decimals = 0
		noun("адам", [4]string{"человек", "человека", "человек", "человека"}, "человека", "person", "people")
	case "head":
		u.Decimals = 0
		noun("бас", [4]string{"голова", "головы", "голов", "головы"}, "голову", "head", "head")
	case "conditional head":
		noun("шартты бас", [4]string{"условная голова", "условные головы", "условных голов", "условной головы"}, "условную голову", "conditional head", "conditional head")
	case "day":
		noun("күн", [4]string{"день", "дня", "дней", "дня"}, "день", "day", "days")
	case "hour":
		noun("сағат", [4]string{"час", "часа", "часов", "часа"}, "час", "hour", "hours")
	case "minute":
		noun("минут", [4]string{"минута", "минуты", "минут", "минуты"}, "минуту", "minute", "minutes")
	case "ha":
		u.Decimals = 0
		noun("гектар", [4]string{"гектар", "гектара", "гектаров", "гектара"}, "гектар", "hectare", "hectares")
	case "km":
		noun("шақырым", [4]string{"километр", "километра", "километров", "километра"}, "километр", "kilometer", "kilometers")
	case "kg per year":
		u.Decimals = 0
		per("жылына, килограмм", "кг в год", "kg a year")
	case "centner per ha":
		per("гектарына, центнер", "ц с гектара", "centners per hectare")
	case "ratio":
		u.Decimals = 2
		per("", "", "")
		u.Head = ""
	case "score 1-5":
		u.Decimals = 2
		noun("ұпай (1–5)", [4]string{"балл (из 5)", "балла (из 5)", "баллов (из 5)", "балла (из 5)"}, "балл (из 5)", "point of 5", "points of 5")
	case "per 1000 persons":
		u.Decimals = 2
		per("1000 адамға", "на 1000 человек", "per 1,000 people") // of whom the name says
	case "per 10 000 persons":
		u.Decimals = 2
		per("10"+nbsp+"000 адамға", "на 10"+nbsp+"000 человек", "per 10,000 people")
	case "per 100 families":
		per("100 отбасыға", "на 100 семей", "per 100 families")
	case "per 100 loans":
		per("100 несиеге", "на 100 кредитов", "per 100 loans")
	case "per 100 persons aged 15-64":
		per("15–64 жастағы 100 адамға", "на 100 человек 15–64 лет", "per 100 people of 15 to 64")
	case "per 1000 live births":
		per("тірі туған 1000 балаға", "на 1000 родившихся живыми", "per 1,000 live births")
	case "per 1000 youth":
		per("1000 жасқа", "на 1000 молодых людей", "per 1,000 young people")
	default:
		return u, fmt.Errorf("unit %q has no words", unit)
	}
	return u, nil
}

// Beside is the unit behind or before a name: where a rate's name already says of
// how many it is («на 1000 жителей»), its numbers go without.
func (u Unit) Beside(name string) Unit {
	if u.per && !u.points && strings.ContainsAny(name, "0123456789") {
		u.before, u.after = "", nil
	}
	return u
}

// Value writes a value with its unit, in each case that the language's texts ask for.
func (u Unit) Value(v float64) Arg {
	return u.with(u.w.Number(v, u.Decimals), v, false)
}

// Difference writes the size of a change; of percentages it is in percentage points.
func (u Unit) Difference(by float64) Arg {
	if by < 0 {
		by = -by
	}
	n := u.w.Number(by, u.Decimals)
	if !u.points {
		return u.with(n, by, true)
	}
	text := n + nbsp + u.w.Pick("пайыздық тармақ", "п."+nbsp+"п.", u.w.Pick("", "", englishPoints(u.w.Category(by, u.Decimals))))
	return u.w.inflected(text)
}

func englishPoints(category string) string {
	if category == "one" {
		return "percentage point"
	}
	return "percentage points"
}

// with joins a number to the unit.
func (u Unit) with(n string, v float64, change bool) Arg {
	category := u.w.Category(v, u.Decimals)
	after, ok := u.after[category]
	if !ok {
		after = u.after["other"]
	}
	if u.w.lang == "ru" && change && category == "one" && u.acc != "" {
		after = u.acc // «на 1 минуту», «на 21 голову»
	}
	text := n
	switch {
	case u.points && u.w.lang == "kk":
		text = n + nbsp + "%"
	case u.points && u.w.lang == "en":
		text = n + after
	case after != "":
		text = n + nbsp + after
	}
	if u.before != "" {
		text = u.before + " " + text
	}
	return u.w.inflected(text)
}

// inflected gives a text of Kazakh its cases; the texts of the other languages
// ask for none of a number.
func (w *Words) inflected(text string) Arg {
	a := Arg{Text: text}
	if w.lang == "kk" {
		a.Forms = map[Case]string{}
		for _, c := range []Case{Genitive, Dative, Accusative, Locative, Ablative, Relative, Possessive} {
			a.Forms[c] = Kazakh(text, c, false)
		}
	}
	return a
}

// Count is a whole number for the plural forms of a template.
func (w *Words) Count(n int) Arg {
	a := w.inflected(w.Number(float64(n), 0))
	v := float64(n)
	a.Count = &v
	return a
}
