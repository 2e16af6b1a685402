-- How complete, timely and stable is what each okrug gave, by the promises of the contracts? Parameters: sources, months and
-- by_days (parallel: a source, the months of its period, the days after a period by which it is due), zone. A period is due
-- of an okrug when the source ever reported it, from its first period to its last. Ordered by month and okrug.
WITH
    promises AS
    (
        SELECT
            tupleElement(promise, 1) AS source,
            tupleElement(promise, 2) AS months,
            tupleElement(promise, 3) AS by_day
        FROM (SELECT arrayJoin(arrayZip({sources:Array(String)}, {months:Array(UInt8)}, {by_days:Array(UInt16)})) AS promise)
    ),
    figures AS
    (
        SELECT
            source,
            intDiv(toUInt32(area), 1000) * 1000 AS okrug,
            if(freq = 'D', period_start - 1, period_start) AS last,
            min(released_at) AS first_released,
            uniqExact(value, status) > 1 AS revised
        FROM observation FINAL
        WHERE source IN {sources:Array(String)}
            AND okrug IN (SELECT toUInt32(code) FROM area WHERE level = 'okrug')
        GROUP BY source, series, dims, area, freq, period_start
    ),
    told AS
    (
        SELECT
            source,
            okrug,
            toDate32(addMonths(toStartOfMonth(last), months - (toMonth(last) - 1) % months)) AS ends,
            max(revised) AS revised,
            min(first_released) < addDays(toDateTime(ends, {zone:String}), any(by_day)) AS on_time
        FROM figures
        INNER JOIN promises USING (source)
        GROUP BY source, okrug, months, ends
    ),
    spans AS
    (
        SELECT
            source,
            any(months) AS months,
            min(ends) AS first,
            max(ends) AS last
        FROM told
        INNER JOIN promises USING (source)
        GROUP BY source
    ),
    due AS
    (
        SELECT
            source,
            okrug,
            addMonths(first, arrayJoin(range(0, toUInt32(dateDiff('month', first, last)) + 1, months))) AS ends
        FROM (SELECT DISTINCT source, okrug FROM told) AS reporters
        INNER JOIN spans USING (source)
    )
SELECT
    toString(due.okrug) AS okrug,
    formatDateTime(due.ends - 1, '%Y-%m') AS month,
    count() AS expected,
    countIf(told.okrug != 0) AS received,
    countIf(told.on_time) AS on_time,
    countIf(told.revised) AS revised
FROM due
LEFT JOIN told ON told.source = due.source AND told.okrug = due.okrug AND told.ends = due.ends
GROUP BY okrug, month
ORDER BY month, okrug
