package words

import (
	"fmt"
	"strconv"

	"github.com/auyl-kz/auyl"
	"github.com/auyl-kz/auyl/schemas"
)

// Level names a level of areas.
func Level(v auyl.Level, l Lang) string {
	switch v {
	case auyl.LevelCountry:
		return l.pick("ел", "страна", "country")
	case auyl.LevelOblast:
		return l.pick("облыс", "область", "oblast")
	case auyl.LevelDistrict:
		return l.pick("аудан", "район", "district")
	case auyl.LevelOkrug:
		return l.pick("ауылдық округ", "сельский округ", "okrug")
	case auyl.LevelSettlement:
		return l.pick("елді мекен", "населённый пункт", "settlement")
	}
	return v.String()
}

// Freq names a frequency.
func Freq(f auyl.Freq, l Lang) string {
	switch f {
	case auyl.FreqYear:
		return l.pick("жыл", "год", "year")
	case auyl.FreqHalfYear:
		return l.pick("жартыжылдық", "полугодие", "half-year")
	case auyl.FreqQuarter:
		return l.pick("тоқсан", "квартал", "quarter")
	case auyl.FreqMonth:
		return l.pick("ай", "месяц", "month")
	case auyl.FreqWeek:
		return l.pick("апта", "неделя", "week")
	case auyl.FreqDay:
		return l.pick("күн", "день", "day")
	}
	return f.String()
}

// Rollup says how the figures of areas become the one of the area above.
func Rollup(rollup string, l Lang) string {
	switch rollup {
	case "sum":
		return l.pick("қосынды", "сумма", "sum")
	case "ratio":
		return l.pick("қосындылардың қатынасы", "отношение сумм", "ratio of sums")
	case "weighted":
		return l.pick("халық санымен өлшенген орташа", "среднее, взвешенное по населению", "mean weighted by population")
	case "last":
		return l.pick("кезең соңындағылардың қосындысы", "сумма на конец периода", "sum at the end of the period")
	case "min":
		return l.pick("ең кішісі", "наименьшее", "smallest")
	case "max":
		return l.pick("ең үлкені", "наибольшее", "largest")
	case "direct":
		return l.pick("жарияланғандай, қосылмайды", "как опубликовано, не складывается", "as published, never added up")
	case "quantile":
		return l.pick("төмендегі барлық мәндердің квантилі", "квантиль всех значений ниже", "quantile of all values below")
	}
	return rollup
}

// Direction says which way is better.
func Direction(d string, l Lang) string {
	switch d {
	case "higher":
		return l.pick("көп болғаны жақсы", "больше – лучше", "higher is better")
	case "lower":
		return l.pick("аз болғаны жақсы", "меньше – лучше", "lower is better")
	}
	return l.pick("мақсатқа жақын болғаны жақсы", "ближе к цели – лучше", "nearer to the target is better")
}

// Controllable says how far an akim can move the figure.
func Controllable(c string, l Lang) string {
	switch c {
	case "none":
		return l.pick("жоқ", "нет", "no")
	case "partial":
		return l.pick("ішінара", "отчасти", "in part")
	}
	return l.pick("толық", "полностью", "in full")
}

// Coverage says how much of the population must have reported.
func Coverage(c schemas.Coverage, l Lang) string {
	if c.Minimum == 0 && c.Full == 0 {
		return l.pick("шарт жоқ", "без условия", "no condition")
	}
	minimum, full := percent(c.Minimum), percent(c.Full)
	if c.Minimum == c.Full {
		return fmt.Sprintf(l.pick("халықтың %s төмен болса – бос", "менее %s населения – пусто", "below %s of the population: empty"), minimum)
	}
	return fmt.Sprintf(l.pick("халықтың %s төмен болса – бос, %s дейін – бағалау (E)", "менее %s населения – пусто, до %s – оценка (E)",
		"below %s of the population: empty; below %s: estimated (E)"), minimum, full)
}

func percent(f float64) string {
	return strconv.FormatFloat(f*100, 'f', -1, 64) + " %"
}
