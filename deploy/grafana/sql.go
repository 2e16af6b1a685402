package grafana

// Pieces of SQL that more than one declaration has.

// named picks one of the columns name_kk, name_ru and name_en by the language chosen.
func named(prefix string) string {
	return "multiIf(${lang:singlequote} = 'kk', " + prefix + "_kk, ${lang:singlequote} = 'en', " + prefix + "_en, " + prefix + "_ru)"
}

// area is the name of a code on a day, in the language chosen.
func area(code, day string) string {
	return "dictGet('auyl.area_name', multiIf(${lang:singlequote} = 'kk', 'name_kk', ${lang:singlequote} = 'en', 'name_en', 'name_ru'), toUInt64(" + code + "), toInt64(toInt32(" + day + ")))"
}

// indicatorName is the name of an indicator in the language chosen, by a column with its id.
const names = `(SELECT indicator AS id, multiIf(${lang:singlequote} = 'kk', name_kk, ${lang:singlequote} = 'en', name_en, name_ru) AS name,
    plausible_min, plausible_max, controllable FROM auyl.indicator FINAL)`

// grafanaUnit is a unit of the catalogue as Grafana takes it.
const grafanaUnit = "if(unit = '%', 'percent', concat('suffix: ', unit))"

// scale gives unit, range and thresholds of the indicator chosen: green is what the catalogue calls plausible, red what
// lies beyond. The axis does not reach further than the plausible range where that is a share.
const scale = `SELECT
    ` + grafanaUnit + ` AS unit,
    if(unit = '%', plausible_min, NULL) AS soft_min,
    if(unit = '%', plausible_max, NULL) AS soft_max,
    -1e300 AS below,
    plausible_min,
    plausible_max
FROM auyl.indicator FINAL
WHERE indicator = ${indicator:singlequote}`

// tagged is the name of an area with the origin of what is shown for it.
func tagged(name string) string {
	return "concat(" + name + ", if(origin = 'synthetic', ' (synthetic)', ''))"
}

// variables that several dashboards have.

func language() Variable {
	return Variable{
		Name: "lang", Label: "Тіл / Язык / Language", Start: "ru", StartText: "русский",
		Choices: []Choice{{"kk", "қазақша"}, {"ru", "русский"}, {"en", "English"}},
	}
}

func oblasts() Variable {
	return Variable{
		Name: "oblast", Label: "Облыс / Область / Oblast", Start: "190000000", StartText: "Алматинская область",
		SQL: "SELECT code, " + named("name") + " AS name FROM auyl.area FINAL WHERE level = 'oblast' AND valid_to > today() ORDER BY name",
	}
}

func districts(many bool) Variable {
	return Variable{
		Name: "district", Label: "Аудан / Район / District", Start: "195200000", StartText: "Карасайский район", Many: many,
		SQL: "SELECT code, " + named("name") + " AS name FROM auyl.area FINAL\nWHERE level = 'district' AND valid_to > today() AND oblast = ${oblast:singlequote} ORDER BY name",
	}
}

func okrugs() Variable {
	return Variable{
		Name: "okrug", Label: "Ауылдық округ / Округ / Okrug", Start: "195234000",
		SQL: "SELECT code, " + named("name") + " AS name FROM auyl.area FINAL\nWHERE level = 'okrug' AND valid_to > today() AND district IN (${district:singlequote}) ORDER BY name",
	}
}

func themes() Variable {
	return Variable{
		Name: "theme", Label: "Тақырып / Тема / Theme", Start: "demography",
		SQL: "SELECT DISTINCT theme FROM auyl.indicator FINAL ORDER BY theme",
	}
}

// indicators offers the catalogue, of one theme where the dashboard has a choice of themes.
func indicators(ofTheme bool) Variable {
	where := ""
	if ofTheme {
		where = " WHERE theme = ${theme:singlequote}"
	}
	return Variable{
		Name: "indicator", Label: "Көрсеткіш / Показатель / Indicator", Start: "population_total",
		SQL: "SELECT indicator, " + named("name") + " AS name FROM auyl.indicator FINAL" + where + " ORDER BY name",
	}
}

// frequencies are those with which the indicator chosen has cells.
func frequencies() Variable {
	return Variable{
		Name: "freq", Label: "Жиілік / Частота / Frequency", Start: "D",
		SQL: "SELECT DISTINCT toString(freq) AS value, transform(value, ['A', 'S', 'Q', 'M', 'W', 'D'], ['год / year', 'полугодие / half-year', 'квартал / quarter', 'месяц / month', 'неделя / week', 'на дату / by date'], value) AS text\n" +
			"FROM auyl.indicator_value WHERE indicator = ${indicator:singlequote} ORDER BY value",
	}
}

// marks on the time axis of an indicator in the areas that the condition takes.
func marks(where string) []Mark {
	return []Mark{
		{Name: "Разрывы ряда / Breaks", Color: "purple", Rare: true, SQL: `SELECT
    toDateTime(period_start, 'UTC') AS time,
    'Разрыв ряда / Break' AS title,
    concat(` + area("area", "period_end") + `, ': ', period) AS text,
    'B' AS tags
FROM auyl.indicator_current
WHERE indicator = ${indicator:singlequote} AND freq = ${freq:singlequote} AND ` + where + ` AND status = 'B' AND $__timeFilter(period_start)
ORDER BY time`},
		{Name: "Пересмотры / Revisions", Color: "orange", Rare: true, SQL: `SELECT
    time,
    'Пересмотр / Revision' AS title,
    concat(toString(count()), ' значений / figures, ', toString(min(period_start)), ' … ', toString(max(period_start))) AS text,
    class AS tags
FROM
(
    SELECT toStartOfDay(recorded_at) AS time, class, period_start
    FROM auyl.observation_revision
    WHERE series IN (SELECT arrayJoin(inputs) FROM auyl.indicator FINAL WHERE indicator = ${indicator:singlequote}) AND ` + where + ` AND $__timeFilter(recorded_at)
)
GROUP BY time, class
ORDER BY time`},
		{Name: "Границы / Boundaries", Color: "blue", Rare: true, SQL: `SELECT
    toDateTime(effective, 'UTC') AS time,
    'Изменение границ / Boundary change' AS title,
    concat(from_code, ' → ', to_code, if(weight < 1, concat(' (', toString(round(100 * weight)), ' %)'), '')) AS text,
    kind AS tags
FROM auyl.area_succession FINAL
WHERE substring(to_code, 1, 2) = substring(${oblast:singlequote}, 1, 2) AND $__timeFilter(effective)
ORDER BY time, text`},
	}
}
