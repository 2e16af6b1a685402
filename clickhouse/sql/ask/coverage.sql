-- How far is an indicator covered now, level by level: of the newest period of each frequency of which some area has a cell?
-- indicator String. From the country down, by frequency.
SELECT
    toString(level) AS level,
    toString(freq) AS freq,
    period,
    count() AS areas,
    countIf(value IS NOT NULL) AS filled,
    countIf(status = 'E') AS estimated,
    countIf(status = 'C') AS suppressed,
    avg(coverage) AS coverage,
    max(recorded_at) AS recorded_at,
    max(origin = 'synthetic') AS synthetic
FROM indicator_current
WHERE indicator = {indicator:String}
    AND (indicator_current.level, indicator_current.freq, period_start) IN
    (
        SELECT
            level,
            freq,
            max(period_start)
        FROM indicator_value
        WHERE indicator = {indicator:String}
        GROUP BY
            level,
            freq
    )
GROUP BY
    indicator_current.level,
    indicator_current.freq,
    period
ORDER BY
    indicator_current.level,
    indicator_current.freq
