package grafana

// Dashboards lists all of them.
func Dashboards() []Dashboard {
	return []Dashboard{oblast(), district(), okrug(), theme(), operations(), feeds(), health()}
}

// shared are the fields that tables of figures have.
func shared(more ...Field) []Field {
	return append([]Field{
		{Name: "area", Hidden: true},
		{Name: "indicator", Hidden: true},
		{Name: "freq", Hidden: true},
		{Name: "district", Hidden: true},
		{Name: "name", Text: "Территория / Area"},
		{Name: "figure", Text: "Показатель / Indicator"},
		{Name: "period", Text: "Период / Period"},
		{Name: "value", Text: "Значение / Value"},
		{Name: "unit", Text: "Единица / Unit"},
		{Name: "before", Text: "Было / Before"},
		{Name: "change", Text: "Изменение / Change", Words: wordsOfChange},
		{Name: "status", Text: "Статус / Status", Words: wordsOfStatus},
		{Name: "reason", Text: "Причина пустоты / Why empty"},
		{Name: "coverage", Text: "Охват / Coverage", Unit: "percentunit", Steps: []Step{{0, "red"}, {0.5, "orange"}, {0.95, "green"}}},
		{Name: "origin", Text: "Происхождение / Origin", Words: wordsOfOrigin},
		{Name: "recorded_at", Text: "Записано / Recorded"},
	}, more...)
}

// linked replaces the field of that name by one with a link.
func linked(fields []Field, name string, l Link) []Field {
	for i := range fields {
		if fields[i].Name == name {
			fields[i].Link = &l
		}
	}
	return fields
}

// newest is the table of the newest figure of the chosen indicator in the areas of a level, with the figure before it.
func newest(where string) string {
	return `SELECT
    ` + area("area", "period_end") + ` AS name,
    period,
    value,
    before,
    multiIf(isNull(value) OR isNull(before), '', value = before, 'same', direction = 'target', 'changed',
        (value > before) = (direction = 'higher'), 'better', 'worse') AS change,
    unit,
    toString(status) AS status,
    reason,
    coverage,
    toString(origin) AS origin,
    recorded_at,
    area,
    toString(freq) AS freq,
    district
FROM
(
    SELECT *, lagInFrame(value) OVER (PARTITION BY area ORDER BY period_start ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS before
    FROM auyl.indicator_current
    WHERE indicator = ${indicator:singlequote} AND freq = ${freq:singlequote} AND ` + where + `
)
WHERE is_latest
ORDER BY isNull(value), value DESC, name`
}

// history is the series of the chosen indicator in the areas that the condition takes.
func history(where string) string {
	return `SELECT
    toDateTime(period_start, 'UTC') AS time,
    ` + tagged(area("area", "period_end")) + ` AS name,
    value
FROM auyl.indicator_current
WHERE indicator = ${indicator:singlequote} AND freq = ${freq:singlequote} AND ` + where + `
    AND period_start >= toDate32($__fromTime) AND period_start <= toDate32($__toTime)
ORDER BY time, name`
}

// card lists the newest figure of every indicator in one place.
func card(where string) string {
	return `SELECT
    n.name AS figure,
    c.theme AS theme,
    c.period AS period,
    c.value AS value,
    c.before AS before,
    multiIf(isNull(value) OR isNull(before), '', value = before, 'same', c.direction = 'target', 'changed',
        (value > before) = (c.direction = 'higher'), 'better', 'worse') AS change,
    c.unit AS unit,
    if(value < n.plausible_min OR value > n.plausible_max, 'вне границ / implausible', '') AS check,
    toString(c.status) AS status,
    c.reason AS reason,
    c.coverage AS coverage,
    toString(c.origin) AS origin,
    c.recorded_at AS recorded_at,
    toString(c.indicator) AS indicator,
    toString(c.freq) AS freq
FROM
(
    SELECT *, lagInFrame(value) OVER (PARTITION BY indicator, freq ORDER BY period_start ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS before
    FROM auyl.indicator_current
    WHERE ` + where + `
) AS c
INNER JOIN ` + names + ` AS n ON n.id = c.indicator
WHERE c.is_latest
ORDER BY theme, figure, freq`
}

// behind lists the observations that the newest figure of the chosen indicator can stand on: the rows behind a number.
func behind(where string) string {
	return `SELECT
    series,
    dims,
    ` + area("area", "period_end") + ` AS name,
    period,
    toFloat64(value) AS value,
    toString(status) AS status,
    toString(origin) AS origin,
    source,
    vintages,
    released_at,
    recorded_at,
    run_id AS run,
    page,
    row,
    raw_sha256
FROM auyl.observation_current
WHERE series IN (SELECT arrayJoin(inputs) FROM auyl.indicator FINAL WHERE indicator = ${indicator:singlequote})
    AND ` + where + ` AND period_start >= toDate32($__fromTime) AND period_start <= toDate32($__toTime)
ORDER BY period_start DESC, area, series, dims
LIMIT 1000`
}

// vintages are what was known of a figure, and when.
func vintages(where string) string {
	return `SELECT
    ` + area("area", "period_start") + ` AS name,
    period_start AS period,
    value,
    toString(status) AS status,
    reason,
    coverage,
    toString(origin) AS origin,
    formula_version,
    boundary_version,
    recorded_at
FROM auyl.indicator_value
WHERE indicator = ${indicator:singlequote} AND freq = ${freq:singlequote} AND ` + where + `
    AND period_start >= toDate32($__fromTime) AND period_start <= toDate32($__toTime)
ORDER BY period_start DESC, raw_seq DESC
LIMIT 500`
}

func behindPanel(where string) Panel {
	return Panel{
		Kind: Table, Title: "Строки за числом / Rows behind the number", Width: 24, Height: 9, SQL: behind(where),
		About: "Наблюдения рядов формулы: источник, выпуск, страница и строка сырого файла. auyl raw show <sha256> покажет байты. / Observations of the series in the formula: source, release, page and row of the raw file. auyl raw show <sha256> shows the bytes.",
		Fields: shared(Field{Name: "series", Text: "Ряд / Series"}, Field{Name: "dims", Text: "Разрез / Dimensions"}, Field{Name: "source", Text: "Источник / Source"},
			Field{Name: "released_at", Text: "Опубликовано / Released"}, Field{Name: "vintages", Text: "Выпусков / Vintages"}),
	}
}

func vintagePanel(where string) Panel {
	return Panel{
		Kind: Table, Title: "Выпуски значения / Vintages of the figure", Width: 24, Height: 8, SQL: vintages(where), Fields: shared(),
		About: "Всё, что было известно о значении, и когда: ничего не перезаписывается. / All that was known of the figure, and when: nothing is overwritten.",
	}
}

func seriesPanel(title, about, where string) Panel {
	return Panel{Kind: Series, Title: title, About: about, Width: 24, Height: 11, SQL: history(where), Scale: scale}
}

// toDistrict and toOkrug lead to the row behind a number.
func toDistrict(value string) Link {
	return Link{Title: "Район / District", To: "auyl-district", Values: []Choice{
		{"${oblast}", "oblast"}, {value, "district"}, {"${indicator}", "indicator"}, {"${freq}", "freq"}, {"${lang}", "lang"},
	}}
}

func toOkrug(district, okrug string) Link {
	return Link{Title: "Округ / Okrug", To: "auyl-okrug", Values: []Choice{
		{"${oblast}", "oblast"}, {district, "district"}, {okrug, "okrug"}, {"${indicator}", "indicator"}, {"${freq}", "freq"}, {"${lang}", "lang"},
	}}
}

// sameFigure leads to a dashboard of the same place with the indicator of a row.
func sameFigure(to string, places ...Choice) Link {
	return Link{Title: "Показатель / Indicator", To: to, Values: append(places,
		Choice{"${__data.fields.indicator}", "indicator"}, Choice{"${__data.fields.freq}", "freq"}, Choice{"${lang}", "lang"})}
}
