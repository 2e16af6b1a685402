package grafana

func oblast() Dashboard {
	const districtsOf = "level = 'district' AND oblast = ${oblast:singlequote}"
	const here = "level = 'oblast' AND area = ${oblast:singlequote}"
	table := linked(shared(), "name", toDistrict("${__data.fields.area}"))
	return Dashboard{
		UID: "auyl-oblast", Title: "Обзор области / Oblast overview", Range: "now-10y",
		About:     "Показатель по районам области и за годы; с числа — переход к району, округу и строкам источников. / An indicator by district and over the years; a number leads to district, okrug and the rows of the sources.",
		Variables: []Variable{language(), oblasts(), indicators(false), frequencies()},
		Marks:     marks("area = ${oblast:singlequote}"),
		Panels: []Panel{
			{
				Kind: Stat, Title: "Область, последнее значение / Oblast, newest figure", Width: 8, Height: 4, Decimals: 1, Scale: scale,
				About: "Пусто — нет данных, с причиной в таблице ниже; ноль — это ноль. / Empty is no data, with its reason in the table below; zero is zero.",
				SQL: `SELECT ` + area("area", "period_end") + ` AS name, value
FROM auyl.indicator_current
WHERE indicator = ${indicator:singlequote} AND freq = ${freq:singlequote} AND ` + here + ` AND is_latest`,
			},
			{
				Kind: Stat, Title: "Охват населения / Coverage of the population", Width: 4, Height: 4, Unit: "percentunit", Steps: []Step{{0, "red"}, {0.5, "orange"}, {0.95, "green"}},
				About: "Доля населения области, по которому есть данные. / Share of the population of the oblast for which there are data.",
				SQL: `SELECT coverage
FROM auyl.indicator_current
WHERE indicator = ${indicator:singlequote} AND freq = ${freq:singlequote} AND ` + here + ` AND is_latest`,
			},
			{
				Kind: Stat, Title: "Происхождение / Origin", Width: 8, Height: 4, Steps: []Step{{0, "text"}},
				About: "Последние значения районов: опубликованные, синтетические, пустые. Значение синтетическое, если синтетичен хотя бы один вход. / Newest figures of the districts: published, synthetic, empty. A figure is synthetic as soon as one input is.",
				SQL: `SELECT
    countIf(origin = 'real' AND isNotNull(value)) AS ` + "`опубликовано / real`" + `,
    countIf(origin = 'synthetic' AND isNotNull(value)) AS ` + "`синтетика / synthetic`" + `,
    countIf(isNull(value)) AS ` + "`пусто / empty`" + `
FROM auyl.indicator_current
WHERE indicator = ${indicator:singlequote} AND freq = ${freq:singlequote} AND ` + districtsOf + ` AND is_latest`,
			},
			unaccounted(4),
			{
				Kind: Table, Title: "Районы, последние значения / Districts, newest figures", Width: 14, Height: 11, SQL: newest(districtsOf), Scale: "", Fields: table,
				About: "Нажмите на название: район, его округа и строки за числом. / Follow the name: the district, its okrugs and the rows behind the number.",
			},
			{
				Kind: Bars, Title: "Сравнение районов / Districts compared", Width: 10, Height: 11, Scale: scale, Rare: true,
				About: "Только последние значения, которые есть: пустые не показаны нулём. / Only newest figures that are there: an empty one is not shown as zero.",
				SQL: `SELECT ` + tagged(area("area", "period_end")) + ` AS name, value
FROM auyl.indicator_current
WHERE indicator = ${indicator:singlequote} AND freq = ${freq:singlequote} AND ` + districtsOf + ` AND is_latest AND isNotNull(value)
ORDER BY value DESC, name`,
			},
			seriesPanel("Районы за период / Districts over time", "Разрыв линии — нет данных. Красная черта — граница правдоподобия. / A gap is no data. The red line is where figures stop to be plausible.", districtsOf),
			seriesPanel("Область за период / Oblast over time", "Область целиком. / The oblast as a whole.", here),
			{
				Kind: Table, Title: "Все показатели области / All indicators of the oblast", Width: 24, Height: 12, SQL: card(here),
				About:  "Последнее значение каждого показателя; название выбирает его вверху. / Newest figure of each indicator; its name chooses it above.",
				Fields: linked(shared(), "figure", sameFigure("auyl-oblast", Choice{"${oblast}", "oblast"})),
			},
			behindPanel("area = ${oblast:singlequote}").rare(),
		},
	}
}

func district() Dashboard {
	const here = "level = 'district' AND area IN (${district:singlequote})"
	const okrugsOf = "level = 'okrug' AND district IN (${district:singlequote})"
	return Dashboard{
		UID: "auyl-district", Title: "Район / District", Range: "now-10y",
		About:     "Один или несколько районов рядом: показатели, округа, строки за числом. / One district or several side by side: indicators, okrugs, the rows behind a number.",
		Variables: []Variable{language(), oblasts(), districts(true), indicators(false), frequencies()},
		Marks:     marks("area IN (${district:singlequote})"),
		Panels: []Panel{
			{
				Kind: Table, Title: "Показатель в районах / The indicator in the districts", Width: 24, Height: 6, SQL: newest(here), Fields: linked(shared(), "name", toDistrict("${__data.fields.area}")),
				About: "Последнее и предыдущее значение; что лучше, говорит справочник. / Newest figure and the one before; the catalogue says which way is better.",
			},
			seriesPanel("Район и область / District and oblast", "Районы и область в целом. / The districts and the oblast as a whole.",
				"((level = 'district' AND area IN (${district:singlequote})) OR (level = 'oblast' AND area = ${oblast:singlequote}))"),
			{
				Kind: Table, Title: "Округа, последние значения / Okrugs, newest figures", Width: 24, Height: 12, SQL: newest(okrugsOf), Rare: true,
				About:  "Нажмите на название: округ и его сёла. / Follow the name: the okrug and its settlements.",
				Fields: linked(shared(), "name", toOkrug("${__data.fields.district}", "${__data.fields.area}")),
			},
			seriesPanel("Округа за период / Okrugs over time", "Округа выбранных районов. / Okrugs of the districts chosen.", okrugsOf).rare(),
			{
				Kind: Table, Title: "Все показатели / All indicators", Width: 24, Height: 12, SQL: card("level = 'district' AND area = arrayElement([${district:singlequote}], 1)"),
				About:  "Первого из выбранных районов. / Of the first of the districts chosen.",
				Fields: linked(shared(), "figure", sameFigure("auyl-district", Choice{"${oblast}", "oblast"}, Choice{"${district}", "district"})),
			},
			vintagePanel("area IN (${district:singlequote})").rare(),
			behindPanel("district IN (${district:singlequote})").rare(),
		},
	}
}

func okrug() Dashboard {
	const here = "level = 'okrug' AND area = ${okrug:singlequote}"
	return Dashboard{
		UID: "auyl-okrug", Title: "Ауылдық округ / Сельский округ / Okrug", Range: "now-10y",
		About:     "Один округ: все показатели, его сёла, выпуски и строки за числом. / One okrug: all indicators, its settlements, vintages and the rows behind a number.",
		Variables: []Variable{language(), oblasts(), districts(false), okrugs(), indicators(false), frequencies()},
		Marks:     marks("area = ${okrug:singlequote}"),
		Panels: []Panel{
			{
				Kind: Table, Title: "Все показатели округа / All indicators of the okrug", Width: 24, Height: 13, SQL: card(here),
				About:  "Последнее значение каждого показателя; название выбирает его вверху. / Newest figure of each indicator; its name chooses it above.",
				Fields: linked(shared(), "figure", sameFigure("auyl-okrug", Choice{"${oblast}", "oblast"}, Choice{"${district}", "district"}, Choice{"${okrug}", "okrug"})),
			},
			seriesPanel("Округ и район / Okrug and district", "Округ рядом со своим районом. / The okrug beside its district.",
				"((level = 'okrug' AND area = ${okrug:singlequote}) OR (level = 'district' AND area = ${district:singlequote}))").rare(),
			{
				Kind: Table, Title: "Сёла округа / Settlements of the okrug", Width: 24, Height: 9, Rare: true, SQL: newest("level = 'settlement' AND startsWith(toString(area), substring(${okrug:singlequote}, 1, 6))"), Fields: shared(),
				About: "Где показатель считается по сёлам. / Where the indicator is computed for settlements.",
			},
			vintagePanel("area = ${okrug:singlequote}").rare(),
			behindPanel("startsWith(toString(area), substring(${okrug:singlequote}, 1, 6))").rare(),
		},
	}
}

// rare says that the example need not have rows for each value of the variables.
func (p Panel) rare() Panel {
	p.Rare = true
	return p
}
