package grafana

// Contracts that a panel cannot have rows without.
const (
	ambulanceFeed = "moh.ambulance_103"
	captureFeed   = "vet.stray_animals"
	biteFeed      = "vet.dog_bites"
)

// attributeSterilized is spelled as the contract spells it.
const attributeSterilized = "sterilised" //nolint:misspell // as above

const (
	chosen     = "dictGet('auyl.area_name', 'district', toUInt64(area), toInt64(toInt32(toDate32(occurred_at)))) IN (${district:singlequote})"
	atDistrict = "level = 'district' AND area IN (${district:singlequote})"
)

// events are the newest reports of a kind of event in the time range and the
// districts chosen. The inner query finds by the key of the table which events that
// can be, so that no more of them are looked through.
func events(kind string) string {
	return `(
    SELECT *
    FROM auyl.event_current
    WHERE kind = '` + kind + `'
        AND id IN (SELECT id FROM auyl.event WHERE kind = '` + kind + `' AND $__timeFilter(occurred_at))
        AND $__timeFilter(occurred_at) AND ` + chosen + `
)`
}

// monthly is an indicator of the districts chosen, over time.
func monthly(indicator string) string {
	return `SELECT
    toDateTime(period_start, 'UTC') AS time,
    ` + tagged(area("area", "period_end")) + ` AS name,
    value
FROM auyl.indicator_current
WHERE indicator = '` + indicator + `' AND ` + atDistrict + ` AND $__timeFilter(period_start)
ORDER BY time, name`
}

func operations() Dashboard {
	share := []Step{{0, "red"}, {lateBound, "orange"}, {95, "green"}}
	return Dashboard{
		UID: "auyl-operations", Title: "Скорая и бродячие животные / Ambulance and stray animals", Range: "now-2y",
		About:     "Вызовы, прибытие в норматив, заявки на отлов и укусы по районам. Событий о людях здесь нет, только счёт. / Calls, arrivals in time, requests for catching and bites by district. Nothing about persons, only counts.",
		Variables: []Variable{language(), oblasts(), districts(true)},
		Panels: []Panel{
			{Kind: Section, Title: "Скорая помощь / Ambulance"},
			{
				Kind: Series, Title: "В норматив, категории 1–3 / In time, categories 1 to 3", Width: 12, Height: 9, Unit: "percent", Steps: share, SQL: monthly("ambulance_on_time_share"), Needs: ambulanceFeed,
				About: "Доля вызовов с прибытием в норматив по месяцам. / Share of calls reached in time, by month.",
			},
			{
				Kind: Series, Title: "Вызовы на 1000 жителей / Calls per 1000 residents", Width: 12, Height: 9, SQL: monthly("ambulance_calls_per_1000"), Needs: ambulanceFeed,
				About: "По месяцам. / By month.",
			},
			{
				Kind: Series, Title: "Вызовы по дням / Calls by day", Width: 12, Height: 9, Needs: ambulanceFeed,
				About: "Все вызовы выбранных районов; день без вызовов не показан нулём, если реестр о нём молчит. / All calls of the districts chosen; a day of which the register is silent is not shown as zero.",
				SQL: `SELECT
    toDateTime(intDiv(toUnixTimestamp(occurred_at), greatest(86400, $__interval_s)) * greatest(86400, $__interval_s), 'UTC') AS time,
    if(origin = 'synthetic', 'вызовы (synthetic)', 'вызовы / calls') AS calls,
    count() AS n
FROM ` + events("ambulance_call") + `
GROUP BY time, calls
ORDER BY time, calls`,
			},
			{
				Kind: Table, Title: "Прибытие по районам и категориям / Arrival by district and category", Width: 12, Height: 9, Needs: ambulanceFeed,
				About: "За выбранное время; вызовы без прибытия не считаются ни вовремя, ни поздно. / In the time chosen; calls without an arrival count neither as in time nor as late.",
				SQL: `SELECT
    ` + area("place", "today()") + ` AS name,
    if(category = 0, '?', toString(category)) AS category,
    count() AS calls,
    countIf(reached) AS arrived,
    round(100 * countIf(reached AND late = 0) / nullIf(countIf(reached), 0), 1) AS on_time,
    round(quantileIf(0.9)(seconds, reached) / 60, 1) AS minutes_90,
    toString(max(origin)) AS origin,
    place AS area
FROM
(
    SELECT
        dictGet('auyl.area_name', 'district', toUInt64(area), toInt64(toInt32(toDate32(occurred_at)))) AS place,
        toUInt8(attributes['category']) AS category,
        mapContains(attributes, 'arrival_seconds') AS reached,
        toFloat64(attributes['arrival_seconds']) AS seconds,
        attributes['arrival_seconds'] > attributes['norm_seconds'] AS late,
        origin
    FROM ` + events("ambulance_call") + `
)
GROUP BY place, category
ORDER BY name, category`,
				Fields: linked(shared(
					Field{Name: "category", Text: "Категория / Category"}, Field{Name: "calls", Text: "Вызовы / Calls"}, Field{Name: "arrived", Text: "С прибытием / Arrived"},
					Field{Name: "on_time", Text: "В норматив / In time", Unit: "percent", Steps: share}, Field{Name: "minutes_90", Text: "90 % за / 90 % within", Unit: "m"},
				), "name", Link{Title: "Район / District", To: "auyl-district", Values: []Choice{
					{"${oblast}", "oblast"}, {"${__data.fields.area}", "district"}, {"ambulance_on_time_share", "indicator"}, {"M", "freq"}, {"${lang}", "lang"},
				}}),
			},
			{Kind: Section, Title: "Бродячие животные / Stray animals"},
			{
				Kind: Series, Title: "Заявки выполнены в срок / Requests done in time", Width: 12, Height: 9, Unit: "percent", Steps: share, SQL: monthly("stray_requests_closed_share"), Needs: captureFeed,
				About: "Доля заявок на отлов, выполненных в срок, по месяцам. / Share of requests for catching done in time, by month.",
			},
			{
				Kind: Series, Title: "Укусы на 10 000 жителей / Bites per 10 000 residents", Width: 12, Height: 9, SQL: monthly("dog_bites_per_10000"), Needs: biteFeed,
				About: "По кварталам. / By quarter.",
			},
			{
				Kind: Table, Title: "Заявки на отлов / Requests for catching", Width: 12, Height: 9, Needs: captureFeed,
				About: "По району и месяцу заявки. / By district and month of the request.",
				SQL: `SELECT
    ` + area("place", "today()") + ` AS name,
    formatDateTime(month, '%Y-M%m') AS period,
    count() AS requests,
    countIf(done) AS done_requests,
    sum(captured) AS captured,
    sum(sterilized) AS sterilized,
    toString(max(origin)) AS origin,
    place AS area
FROM
(
    SELECT
        dictGet('auyl.area_name', 'district', toUInt64(area), toInt64(toInt32(toDate32(occurred_at)))) AS place,
        toStartOfMonth(occurred_at) AS month,
        mapContains(attributes, 'done_days') AS done,
        toFloat64(attributes['captured']) AS captured,
        toFloat64(attributes['` + attributeSterilized + `']) AS sterilized,
        origin
    FROM ` + events("capture_request") + `
)
GROUP BY place, month
ORDER BY month DESC, name`,
				Fields: shared(Field{Name: "requests", Text: "Заявки / Requests"}, Field{Name: "done_requests", Text: "Выполнено / Done"},
					Field{Name: "captured", Text: "Отловлено / Captured"}, Field{Name: "sterilized", Text: "Стерилизовано / Sterilized"}),
			},
			{
				Kind: Series, Title: "Укусы по неделям / Bites by week", Width: 12, Height: 9, Needs: biteFeed,
				About: "Обращения с укусами по неделям; кто укушен, неизвестно и не хранится. / Treated bites by week; who was bitten is neither known nor kept.",
				SQL: `SELECT
    toDateTime(toMonday(occurred_at), 'UTC') AS time,
    if(origin = 'synthetic', 'укусы (synthetic)', 'укусы / bites') AS bites,
    count() AS n
FROM ` + events("dog_bite") + `
GROUP BY time, bites
ORDER BY time, bites`,
			},
		},
	}
}
