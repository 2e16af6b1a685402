package grafana

// theme is the explorer of indicators.
func theme() Dashboard {
	const at = "level = ${level:singlequote} AND oblast = ${oblast:singlequote}"
	return Dashboard{
		UID: "auyl-themes", Title: "Темы и показатели / Themes and indicators", Range: "now-10y",
		About: "Справочник по темам: формула, границы, и один показатель по территориям и годам. / The catalogue by theme: formula, bounds, and one indicator by area and year.",
		Variables: []Variable{language(), oblasts(), themes(), indicators(true), frequencies(), {
			Name: "level", Label: "Деңгей / Уровень / Level", Start: "district", StartText: "районы / districts",
			Choices: []Choice{{"oblast", "область / oblast"}, {"district", "районы / districts"}, {"okrug", "округа / okrugs"}, {"settlement", "сёла / settlements"}},
		}},
		Marks: marks("startsWith(toString(area), substring(${oblast:singlequote}, 1, 2))"),
		Panels: []Panel{
			{
				Kind: Table, Title: "Показатели темы / Indicators of the theme", Width: 24, Height: 9,
				About: "Что считается, как и из чего; название выбирает показатель. / What is computed, how and from what; the name chooses the indicator.",
				SQL: `SELECT
    ` + named("name") + ` AS figure,
    ` + named("description") + ` AS description,
    unit,
    direction,
    freq,
    level,
    concat(numerator, if(denominator = '', '', concat(' / (', denominator, ')')), if(factor = 1, '', concat(' × ', toString(factor)))) AS formula,
    plausible_min,
    plausible_max,
    sensitive,
    controllable,
    arrayStringConcat(sources, ', ') AS sources,
    version,
    indicator
FROM auyl.indicator FINAL
WHERE theme = ${theme:singlequote}
ORDER BY figure`,
				Fields: []Field{
					{Name: "figure", Text: "Показатель / Indicator", Link: &Link{Title: "Показатель / Indicator", To: "auyl-themes", Values: []Choice{
						{"${oblast}", "oblast"}, {"${theme}", "theme"}, {"${__data.fields.indicator}", "indicator"}, {"${__data.fields.freq}", "freq"}, {"${level}", "level"}, {"${lang}", "lang"},
					}}},
					{Name: "description", Text: "Что это / What it is", Width: 360},
					{Name: "unit", Text: "Единица / Unit"},
					{Name: "direction", Text: "Лучше / Better"},
					{Name: "formula", Text: "Формула / Formula", Width: 300},
					{Name: "indicator", Text: "id"},
				},
			},
			{
				Kind: Stat, Title: "Территорий с данными / Areas with data", Width: 6, Height: 5, Steps: []Step{{0, "text"}}, Rare: true,
				About: "Последний период: со значением и без него. / Newest period: with a figure and without.",
				SQL: `SELECT countIf(isNotNull(value)) AS ` + "`есть / there`" + `, countIf(isNull(value)) AS ` + "`пусто / empty`" + `
FROM auyl.indicator_current
WHERE indicator = ${indicator:singlequote} AND freq = ${freq:singlequote} AND ` + at + ` AND is_latest`,
			},
			{
				Kind: Table, Title: "Почему пусто / Why empty", Width: 8, Height: 5, Rare: true,
				About: "Причины пустых значений за выбранное время. / Reasons of empty figures in the time chosen.",
				SQL: `SELECT reason, toString(origin) AS origin, count() AS figures
FROM auyl.indicator_current
WHERE indicator = ${indicator:singlequote} AND freq = ${freq:singlequote} AND ` + at + ` AND isNull(value)
    AND period_start >= toDate32($__fromTime) AND period_start <= toDate32($__toTime)
GROUP BY reason, origin
ORDER BY figures DESC, reason`,
				Fields: shared(Field{Name: "figures", Text: "Значений / Figures"}),
			},
			{
				Kind: Series, Title: "Охват / Coverage", Width: 10, Height: 5, Unit: "percentunit", Rare: true, Steps: []Step{{0, "red"}, {0.5, "orange"}, {0.95, "green"}},
				About: "Наименьший и средний охват территорий. / Smallest and mean coverage of the areas.",
				SQL: `SELECT
    toDateTime(period_start, 'UTC') AS time,
    avg(coverage) AS ` + "`среднее / mean`" + `,
    min(coverage) AS ` + "`наименьшее / smallest`" + `
FROM auyl.indicator_current
WHERE indicator = ${indicator:singlequote} AND freq = ${freq:singlequote} AND ` + at + ` AND $__timeFilter(period_start)
GROUP BY time
ORDER BY time`,
			},
			seriesPanel("По территориям / By area", "Все территории уровня. / All areas of the level.", at).rare(),
			{
				Kind: Table, Title: "Последние значения / Newest figures", Width: 24, Height: 12, SQL: newest(at), Fields: linked(shared(), "name", toDistrict("${__data.fields.district}")), Rare: true,
				About: "Территории по убыванию, пустые в конце. / Areas from the largest figure, empty ones last.",
			},
		},
	}
}
