-- What was known of one indicator at a time?
-- indicator, first, last String: periods that begin on these days and between; as_of DateTime64.
SELECT
    toUInt32(toString(area)) AS area,
    toString(level) AS level,
    toString(freq) AS freq,
    period_start,
    newest.1 AS value,
    toString(newest.2) AS numerator,
    toString(newest.3) AS denominator,
    newest.4 AS coverage,
    toString(newest.5) AS status,
    toString(newest.6) AS reason,
    toString(newest.7) AS origin,
    newest.8 AS formula_version,
    toString(newest.9) AS boundary_version,
    newest.10 AS recorded_at
FROM
(
    SELECT
        area,
        level,
        freq,
        period_start,
        argMax(tuple(value, numerator, denominator, coverage, status, reason, origin, formula_version, boundary_version, recorded_at), raw_seq) AS newest
    FROM indicator_value
    WHERE indicator = {indicator:String}
        AND period_start BETWEEN toDate32({first:String}) AND toDate32({last:String})
        AND recorded_at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY
        area,
        level,
        freq,
        period_start
)
ORDER BY
    area,
    freq,
    period_start,
    level
