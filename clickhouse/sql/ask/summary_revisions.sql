-- How do figures that were there before an interval read at its end, where they read otherwise?
-- indicators, levels Array(String); area_from, area_to String; first, last String: periods that begin on these days and
-- between; since, as_of DateTime64: the vintage before and the one of now. The class is that of the newest change in the
-- interval. Where since is before the first vintage of a cell, its first value is the one before. A cell that is suppressed
-- now has no figures. Ordered by indicator, area, frequency, period.
SELECT
    toString(indicator) AS indicator,
    toUInt32(toString(area)) AS area,
    toString(level) AS level,
    toString(freq) AS freq,
    period_start,
    if(hidden, NULL, before.1) AS old_value,
    if(hidden, NULL, after.1) AS new_value,
    toString(before.2) AS old_status,
    if(hidden, 'C', toString(after.2)) AS new_status,
    before.3 AS old_coverage,
    after.3 AS new_coverage,
    multiIf(
        after.4 != before.4, 'methodology',
        after.5 != before.5, 'boundary',
        isNull(after.1) AND isNotNull(before.1), 'withdrawal',
        isNotNull(after.1) AND isNull(before.1), 'late_report',
        ifNull(after.1 / nullIf(before.1, 0) BETWEEN 990 AND 1010, 0), 'unit_jump',
        ifNull(before.1 / nullIf(after.1, 0) BETWEEN 990 AND 1010, 0), 'unit_jump',
        ifNull(after.3 > before.3, 0), 'late_report',
        'correction') AS class,
    toString(after.7) AS origin,
    after.6 AS recorded_at,
    before.6 AS old_recorded_at
FROM
(
    SELECT
        indicator,
        area,
        level,
        freq,
        period_start,
        if(countIf(recorded_at <= {since:DateTime64(3, 'UTC')}) > 0,
            argMaxIf(told, raw_seq, recorded_at <= {since:DateTime64(3, 'UTC')}),
            argMin(told, raw_seq)) AS before,
        argMaxIf(told, raw_seq, recorded_at <= {as_of:DateTime64(3, 'UTC')}) AS after,
        argMax(status, raw_seq) = 'C' AS hidden,
        countIf(recorded_at <= {as_of:DateTime64(3, 'UTC')}) AS known
    FROM
    (
        SELECT
            *,
            tuple(value, status, coverage, formula_version, boundary_version, recorded_at, origin) AS told
        FROM indicator_value
        WHERE indicator IN {indicators:Array(String)}
            AND area BETWEEN {area_from:String} AND {area_to:String}
            AND level IN {levels:Array(String)}
            AND period_start BETWEEN toDate32({first:String}) AND toDate32({last:String})
    )
    GROUP BY
        indicator,
        area,
        level,
        freq,
        period_start
)
WHERE known > 1
    AND (before.1 IS DISTINCT FROM after.1 OR before.4 != after.4 OR before.5 != after.5)
ORDER BY
    indicator,
    area,
    freq,
    period_start,
    level
