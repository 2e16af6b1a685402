-- Which register was asked how often in a month, what did it answer, and how long did the answers take? Parameters: sources
-- (those that are asked over a network), zone, until (a
-- month, 2026-11, that is not over and is not told, nor any later one). A pull is a request however many pages it had. Refused: its last word was that
-- it will not, by status. Ordered by month and source, the month in which the pull began.
SELECT
    formatDateTime(toDateTime(started_at, {zone:String}), '%Y-%m') AS month,
    toString(r.source) AS source,
    count() AS asked,
    countIf(status IN ('ok', 'unchanged')) AS answered,
    countIf(status NOT IN ('ok', 'unchanged') AND match(error, '\\bstatus (401|402|403|407|429|451)\\b')) AS refused,
    sumIf(toUInt64(greatest(dateDiff('millisecond', started_at, finished_at), 0)), status IN ('ok', 'unchanged')) AS milliseconds
FROM ingest_run AS r FINAL
WHERE source IN {sources:Array(String)}
GROUP BY month, source
HAVING month < {until:String}
ORDER BY month, source
