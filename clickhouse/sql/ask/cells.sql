-- Which vintages does one cell have, newest first?
-- indicator, area, freq, start String; as_of DateTime64: vintages known then.
SELECT
    toString(indicator) AS indicator,
    toString(area) AS area,
    toString(level) AS level,
    toString(freq) AS freq,
    period_start,
    value,
    toFloat64(numerator) AS numerator,
    toFloat64(denominator) AS denominator,
    coverage,
    toString(status) AS status,
    toString(reason) AS reason,
    toString(origin) AS origin,
    formula_version,
    toString(boundary_version) AS boundary_version,
    recorded_at,
    raw_seq
FROM indicator_value FINAL
WHERE indicator = {indicator:String}
    AND area = {area:String}
    AND freq = {freq:String}
    AND period_start = toDate32({start:String})
    AND recorded_at <= {as_of:DateTime64(3, 'UTC')}
ORDER BY raw_seq DESC
