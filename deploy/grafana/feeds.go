package grafana

// unaccounted is the one figure that must be zero.
func unaccounted(width int) Panel {
	return Panel{
		Kind: Stat, Title: "Записи без объяснения / Records unaccounted for", Width: width, Height: 4, Steps: []Step{{0, "green"}, {1, "red"}},
		About: "Принято минус использовано, пропущено по правилу и отвергнуто, повторы учтены. Всегда 0. / Records in, less used, skipped by rule and dead, replays included. Always 0.",
		SQL:   "SELECT sum(abs(balance)) AS `не сходится / unaccounted` FROM auyl.conservation",
	}
}

func feeds() Dashboard {
	return Dashboard{
		UID: "auyl-feeds", Title: "Источники и качество данных / Feeds and data quality", Range: "now-90d",
		About: "Что пришло, что с этим стало, что отвергнуто и что пересмотрено. / What came in, what became of it, what was refused and what was revised.",
		Variables: []Variable{{
			Name: "source", Label: "Дереккөз / Источник / Source", Start: "$__all", StartText: "All", Many: true,
			SQL: "SELECT DISTINCT source FROM auyl.ingest_run ORDER BY source",
		}, language()},
		Panels: []Panel{
			{
				Kind: Stat, Title: "Последняя загрузка не удалась / Newest pull failed", Width: 6, Height: 4, Steps: []Step{{0, "green"}, {1, "red"}},
				About: "Источников, последняя загрузка которых кончилась failed. / Sources whose newest pull ended as failed.",
				SQL:   "SELECT countIf(newest = 'failed') AS `источников / sources`\nFROM (SELECT argMax(status, tuple(started_at, run_id)) AS newest FROM auyl.ingest_run WHERE source IN (${source:singlequote}) GROUP BY source)",
			},
			unaccounted(6),
			{
				Kind: Stat, Title: "Отвергнуто и не исправлено / Dead and not mended", Width: 6, Height: 4, Steps: []Step{{0, "green"}, {1, "orange"}},
				About: "Записи, которые не прошли контракт и не прошли повтор. / Records that did not pass the contract, nor a replay.",
				SQL:   "SELECT countIf(isNull(resolved_at)) AS `записей / records` FROM auyl.dead_letter_current WHERE source IN (${source:singlequote})",
			},
			{
				Kind: Stat, Title: "Доля отвергнутых / Share refused", Width: 6, Height: 4, Unit: "percentunit", Decimals: 2, Steps: []Step{{0, "green"}, {0.01, "orange"}, {deadBound, "red"}},
				About: "Отвергнутые записи ко всем принятым. / Dead records to all that came in.",
				SQL:   "SELECT sum(records_dead) / nullIf(sum(records_in), 0) AS `доля / share` FROM auyl.conservation WHERE source IN (${source:singlequote})",
			},
			{
				Kind: Table, Title: "Что стало с записями / What became of the records", Width: 24, Height: 10,
				About: "Принято = использовано + пропущено по правилу + отвергнуто; запись, которую повтор разобрал заново, считается один раз. / In = used + skipped by rule + dead; a record that a replay decoded again counts once.",
				SQL: `SELECT
    c.source AS source,
    c.pages AS pages,
    c.replays AS replays,
    c.records_in AS came_in,
    c.records_used AS used,
    c.records_skipped AS skipped,
    c.records_dead AS dead,
    c.balance AS unaccounted,
    c.observations AS observations,
    c.events AS events,
    f.origin AS origin
FROM auyl.conservation AS c
LEFT JOIN (SELECT source, toString(max(origin)) AS origin FROM auyl.flow GROUP BY source) AS f ON f.source = c.source
WHERE c.source IN (${source:singlequote})
ORDER BY source`,
				Fields: shared(Field{Name: "source", Text: "Источник / Source"}, Field{Name: "pages", Text: "Страниц / Pages"}, Field{Name: "replays", Text: "Повторов / Replays"},
					Field{Name: "came_in", Text: "Принято / In"}, Field{Name: "used", Text: "Использовано / Used"}, Field{Name: "skipped", Text: "Пропущено / Skipped"},
					Field{Name: "dead", Text: "Отвергнуто / Dead", Steps: []Step{{0, "text"}, {1, "orange"}}}, Field{Name: "unaccounted", Text: "Не сходится / Unaccounted", Steps: []Step{{0, "green"}, {1, "red"}}}),
			},
			{
				Kind: Table, Title: "Загрузки / Pulls", Width: 24, Height: 10,
				About: "Последняя загрузка каждого источника и сколько их было. / Newest pull of each source, and how many there were.",
				SQL: `SELECT
    r.source AS source,
    argMax(r.status, tuple(r.started_at, r.run_id)) AS run_status,
    max(r.started_at) AS started_at,
    argMax(r.finished_at, tuple(r.started_at, r.run_id)) AS finished_at,
    round(dateDiff('minute', max(r.finished_at), now()) / 60, 1) AS hours_ago,
    count() AS pulls,
    countIf(r.status = 'failed') AS failed,
    sum(r.pages) AS pages,
    sum(r.bytes) AS bytes,
    toString(argMax(r.origin, tuple(r.started_at, r.run_id))) AS origin,
    argMax(r.error, tuple(r.started_at, r.run_id)) AS error
FROM auyl.ingest_run AS r FINAL
WHERE r.source IN (${source:singlequote})
GROUP BY r.source
ORDER BY source`,
				Fields: shared(Field{Name: "source", Text: "Источник / Source"}, Field{Name: "run_status", Text: "Чем кончилась / Ended", Words: wordsOfRun},
					Field{Name: "started_at", Text: "Начата / Started"}, Field{Name: "finished_at", Text: "Кончена / Finished"}, Field{Name: "hours_ago", Text: "Часов назад / Hours ago", Unit: "h"},
					Field{Name: "pulls", Text: "Загрузок / Pulls"}, Field{Name: "failed", Text: "Не удалось / Failed", Steps: []Step{{0, "text"}, {1, "red"}}},
					Field{Name: "bytes", Text: "Байт / Bytes", Unit: "bytes"}, Field{Name: "error", Text: "Ошибка / Error"}),
			},
			{
				Kind: Series, Title: "Записи во времени / Records over time", Width: 12, Height: 9, Rare: true,
				About: "Записи страниц (без повторов) по времени получения. / Records of pages (without replays) by the time they were fetched.",
				SQL: `SELECT
    toDateTime(intDiv(toUnixTimestamp(recorded_at), greatest(3600, $__interval_s)) * greatest(3600, $__interval_s), 'UTC') AS time,
    sum(records_used) AS ` + "`использовано / used`" + `,
    sum(records_skipped) AS ` + "`пропущено / skipped`" + `,
    sum(records_dead) AS ` + "`отвергнуто / dead`" + `
FROM auyl.flow FINAL
WHERE replay_of = 0 AND source IN (${source:singlequote}) AND $__timeFilter(recorded_at)
GROUP BY time
ORDER BY time`,
			},
			{
				Kind: Table, Title: "Отвергнутые записи по причинам / Dead letters by reason", Width: 12, Height: 9, Rare: true,
				About: "Открытые — те, что не разрешил повтор. auyl dead ls и auyl dead show говорят, что делать. / Open ones are those that no replay has resolved. auyl dead ls and auyl dead show say what to do.",
				SQL: `SELECT
    source,
    reason,
    field,
    countIf(isNull(resolved_at)) AS open_letters,
    countIf(isNotNull(resolved_at)) AS resolved,
    max(last_seen) AS last_seen,
    any(mend) AS mend,
    toString(max(origin)) AS origin
FROM auyl.dead_letter_current
WHERE source IN (${source:singlequote})
GROUP BY source, reason, field
ORDER BY open_letters DESC, source, reason, field`,
				Fields: shared(Field{Name: "source", Text: "Источник / Source"}, Field{Name: "reason", Text: "Причина / Reason"}, Field{Name: "field", Text: "Поле / Field"},
					Field{Name: "open_letters", Text: "Открыто / Open"}, Field{Name: "resolved", Text: "Разрешено / Resolved"}, Field{Name: "last_seen", Text: "Последний раз / Last seen"}, Field{Name: "mend", Text: "Что делать / Mend"}),
			},
			{
				Kind: Table, Title: "Пересмотры / Revisions", Width: 24, Height: 9, Rare: true,
				About: "Какие ряды источники пересмотрели и насколько. / Which series the sources revised, and how much.",
				SQL: `SELECT
    source,
    series,
    class,
    count() AS revisions,
    uniqExact(area) AS areas,
    min(period) AS first_period,
    max(period) AS last_period,
    round(quantile(0.5)(abs(toFloat64(new_value) - toFloat64(old_value)) / nullIf(abs(toFloat64(old_value)), 0)), 4) AS median_change,
    max(recorded_at) AS recorded_at
FROM auyl.observation_revision
WHERE source IN (${source:singlequote})
GROUP BY source, series, class
ORDER BY revisions DESC, source, series, class`,
				Fields: shared(Field{Name: "source", Text: "Источник / Source"}, Field{Name: "series", Text: "Ряд / Series"}, Field{Name: "class", Text: "Вид / Class"},
					Field{Name: "median_change", Text: "Медиана изменения / Median change", Unit: "percentunit"}),
			},
			{
				Kind: Table, Title: "Охват и пустоты показателей / Coverage and gaps of indicators", Width: 24, Height: 11,
				About: "Последний период каждого показателя по районам. / Newest period of each indicator over the districts.",
				SQL: `SELECT
    n.name AS figure,
    toString(c.freq) AS freq,
    max(c.period) AS period,
    count() AS areas,
    countIf(isNull(c.value)) AS empty_figures,
    arrayStringConcat(arraySort(groupUniqArrayIf(toString(c.reason), c.reason != '')), ', ') AS reason,
    avg(c.coverage) AS coverage,
    countIf(c.value < n.plausible_min OR c.value > n.plausible_max) AS implausible,
    countIf(c.status = 'B') AS breaks,
    toString(max(c.origin)) AS origin,
    toString(c.indicator) AS indicator
FROM auyl.indicator_current AS c
INNER JOIN ` + names + ` AS n ON n.id = c.indicator
WHERE c.level = 'district' AND c.is_latest
GROUP BY figure, freq, indicator
ORDER BY coverage, figure`,
				Fields: linked(shared(Field{Name: "implausible", Text: "Вне границ / Implausible", Steps: []Step{{0, "text"}, {1, "red"}}}, Field{Name: "empty_figures", Text: "Пусто / Empty"}),
					"figure", sameFigure("auyl-oblast")),
			},
		},
	}
}
