-- When did each source last deliver, and which is the newest period that it has told of, as known at a time?
-- as_of DateTime64. Of events the period is the newest day of one. Ordered by source.
SELECT
    toString(source) AS source,
    max(at) AS newest_page,
    max(until) AS newest_period,
    max(made) AS origin
FROM
(
    SELECT
        source,
        recorded_at AS at,
        toDate32('1970-01-01') AS until,
        toString(origin) AS made
    FROM flow
    WHERE recorded_at <= {as_of:DateTime64(3, 'UTC')}
        AND replay_of = 0
    UNION ALL
    SELECT
        source,
        max(recorded_at) AS at,
        max(multiIf(freq = 'D', period_start - 1, freq = 'W', period_start + 6, addMonths(period_start, transform(toString(freq), ['A', 'S', 'Q', 'M'], [12, 6, 3, 1], 1)) - 1)) AS until,
        toString(max(origin)) AS made
    FROM observation
    WHERE recorded_at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY source
    UNION ALL
    SELECT
        source,
        max(recorded_at) AS at,
        toDate32(max(occurred_at)) AS until,
        toString(max(origin)) AS made
    FROM event
    WHERE recorded_at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY source
)
GROUP BY source
ORDER BY source
