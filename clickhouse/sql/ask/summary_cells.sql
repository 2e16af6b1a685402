-- What was known at a time of some indicators, in an area and what lies below it?
-- indicators, levels Array(String); area_from, area_to String: codes from … to, both included; first, last String: periods
-- that begin on these days and between; as_of DateTime64. A cell that is suppressed now has no figures, whatever was known
-- then. Ordered by indicator, area, frequency, period.
SELECT
    toString(indicator) AS indicator,
    toUInt32(toString(area)) AS area,
    toString(level) AS level,
    toString(freq) AS freq,
    period_start,
    if(hidden, NULL, newest.1) AS value,
    if(hidden, NULL, newest.2) AS numerator,
    if(hidden, NULL, newest.3) AS denominator,
    if(hidden, NULL, newest.4) AS coverage,
    if(hidden, 'C', toString(newest.5)) AS status,
    if(hidden, 'confidential', toString(newest.6)) AS reason,
    toString(newest.7) AS origin,
    newest.8 AS formula_version,
    toString(newest.9) AS boundary_version,
    newest.10 AS recorded_at
FROM
(
    SELECT
        indicator,
        area,
        level,
        freq,
        period_start,
        argMaxIf(
            tuple(value, toFloat64(numerator), toFloat64(denominator), coverage, status, reason, origin, formula_version, boundary_version, recorded_at),
            raw_seq,
            recorded_at <= {as_of:DateTime64(3, 'UTC')}) AS newest,
        argMax(status, raw_seq) = 'C' AS hidden,
        countIf(recorded_at <= {as_of:DateTime64(3, 'UTC')}) AS known
    FROM indicator_value
    WHERE indicator IN {indicators:Array(String)}
        AND area BETWEEN {area_from:String} AND {area_to:String}
        AND level IN {levels:Array(String)}
        AND period_start BETWEEN toDate32({first:String}) AND toDate32({last:String})
    GROUP BY
        indicator,
        area,
        level,
        freq,
        period_start
)
WHERE known > 0
ORDER BY
    indicator,
    area,
    freq,
    period_start,
    level
