-- How many events of a kind are there by okrug, and how many of them are open, late, decided one way or another?
-- kind String; area_from, area_to String; from, to DateTime64: from included, to not; as_of DateTime64. Newest report of
-- each event as known then, without those withdrawn. sums has the sum of each attribute, counts how many have it above
-- zero. late are ambulance calls of category 1 to 3 reached after their norm; overdue is what has a time limit (with its
-- extension of two months at most: 5,184,000 seconds), is past it and neither closed nor passed on. open_days are days from the event to `to` of those that have no attribute of the name {done:String} above zero.
-- Ordered by okrug.
SELECT
    toUInt32(intDiv(toUInt32(toString(newest.1)), 1000) * 1000) AS okrug,
    count() AS events,
    sumMap(CAST(newest.3, 'Map(String, Float64)')) AS sums,
    sumMap(mapApply((k, v) -> (k, toUInt64(v > 0)), CAST(newest.3, 'Map(String, Float64)'))) AS counts,
    countIf(NOT (newest.3[{done:String}] > 0)) AS open,
    arraySort(groupArrayIf(toUInt32(dateDiff('day', newest.2, {to:DateTime64(3, 'UTC')})), NOT (newest.3[{done:String}] > 0))) AS open_days,
    countIf(mapContains(newest.3, 'norm_seconds') AND newest.3['arrival_seconds'] > newest.3['norm_seconds'] AND newest.3['category'] BETWEEN 1 AND 3) AS late,
    countIf(mapContains(newest.3, 'norm_seconds') AND mapContains(newest.3, 'arrival_seconds') AND newest.3['category'] BETWEEN 1 AND 3) AS timed,
    countIf(mapContains(newest.3, 'due_seconds') AND NOT mapContains(newest.3, 'closed_seconds') AND newest.3['redirected'] = 0
        AND newest.3['seen_seconds'] > newest.3['due_seconds'] + 5184000 * newest.3['extended']) AS overdue,
    max(toString(newest.5)) AS origin
FROM
(
    SELECT
        source,
        id,
        argMax(tuple(area, occurred_at, attributes, withdrawn, origin), tuple(raw_seq, row)) AS newest
    FROM event
    WHERE kind = {kind:String}
        AND recorded_at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY
        source,
        id
)
WHERE NOT newest.4
    AND newest.1 BETWEEN {area_from:String} AND {area_to:String}
    AND newest.2 >= {from:DateTime64(3, 'UTC')}
    AND newest.2 < {to:DateTime64(3, 'UTC')}
GROUP BY okrug
ORDER BY okrug
