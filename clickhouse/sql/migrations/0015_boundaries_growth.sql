-- Figures within the boundaries of today. The registry is chained in Go with exact fractions (schemas/concordance) and
-- written whole at each start; the view only multiplies and adds up.
CREATE TABLE IF NOT EXISTS area_concordance{{.OnCluster}}
(
    from_code String COMMENT 'KATO code, nine digits, of an area as it was',
    first_day Date32 COMMENT 'first day of the span: within it no area changes',
    last_day  Date32 COMMENT 'last day of the span; 2299-12-31 of the span of today',
    to_code   String COMMENT 'code of the area of today in which it lies, wholly or by its share; empty where reason says why not. It may lie outside the registry',
    level     {{.Level}} COMMENT 'level of to_code; of from_code where that is empty',
    weight    Float64 COMMENT 'share of from_code that lies in to_code, 0 to 1: all of an area add up to 1; 0 where to_code is empty',
    parts     UInt32 COMMENT 'areas of the span that to_code is made of; 0 where to_code is empty',
    reason    LowCardinality(String) COMMENT 'share_unknown: parts changed hands and nobody says how much; ended: nothing says where it went; counted_above: the area that it lay in went to the same place'
)
ENGINE = {{.Replacing}}
ORDER BY (from_code, first_day, to_code)
COMMENT 'where each area of each time lies within the boundaries of today, with weights by population';

CREATE VIEW IF NOT EXISTS indicator_today{{.OnCluster}}
(
    indicator        LowCardinality(String) COMMENT 'id in table indicator',
    theme            String COMMENT 'theme of the indicator',
    name_ru          String COMMENT 'name of the indicator in Russian',
    name_kk          String COMMENT 'name of the indicator in Kazakh',
    unit             String COMMENT 'unit of the value',
    area             String COMMENT 'KATO code of an area of today, nine digits; where reason says that it cannot be mapped, the code of its time',
    area_name_ru     String COMMENT 'name of the area in Russian today; empty outside the registry',
    area_name_kk     String COMMENT 'name of the area in Kazakh today; empty outside the registry',
    level            {{.Level}} COMMENT 'level of the area',
    freq             {{.Freq}} COMMENT 'frequency: A year, S half-year, Q quarter, M month, W ISO week, D day',
    period           String COMMENT 'period as 2026, 2026-S1, 2026-Q3, 2026-M09, 2026-W37 or 2026-09-14',
    period_start     Date32 COMMENT 'first day of the period',
    period_end       Date32 COMMENT 'last day of the period: its boundaries are those that the cells were counted in',
    value            Nullable(Float64) COMMENT 'value in the unit: factor × numerator / denominator, divided again; empty with a reason',
    numerator        Nullable(Float64) COMMENT 'sum of the numerators of the parts by their weights',
    denominator      Nullable(Float64) COMMENT 'sum of the denominators of the parts by their weights; empty where there is none',
    coverage         Nullable(Float64) COMMENT 'the smallest coverage of the parts, 0 to 1',
    status           {{.Status}} COMMENT 'E as soon as a weight below 1 took part; of a single whole part its own; else A, C or M',
    reason           String COMMENT 'why value is empty: that of the only part, or share_unknown, ended, part_missing (a part has no cell or no value), not_additive (mean, quantile or published rate of several parts), across_break (a ratio over two boundaries), denominator_zero, confidential',
    parts            UInt64 COMMENT 'areas that it is made of',
    smallest_weight  Float64 COMMENT 'the smallest share that took part, 0 to 1',
    from_areas       Array(String) COMMENT 'codes of the areas of the period with a cell',
    origin           {{.Origin}} COMMENT 'synthetic as soon as one input is, else real',
    boundary_version String COMMENT 'today: those of the registry that was loaded last',
    recorded_at      DateTime64(3, 'UTC') COMMENT 'vintage of the newest part, UTC'
)
AS
WITH
    placed AS
    (
        -- A count that its publisher marked as the first after a break, within a year before the boundaries changed, was
        -- counted within those that came: it stays where it is, whole. (The Bureau gave 1 January 2022 so.)
        SELECT
            c.indicator AS indicator, c.theme AS theme, c.name_ru AS name_ru, c.name_kk AS name_kk, c.unit AS unit,
            c.area AS area, c.freq AS freq, c.period AS period, c.period_start AS period_start, c.period_end AS period_end,
            c.value AS value, c.numerator AS numerator, c.denominator AS denominator, c.coverage AS coverage,
            c.status AS status, c.reason AS reason, c.origin AS origin, c.recorded_at AS recorded_at,
            i.rollup AS rollup,
            i.factor AS factor,
            c.status = 'B' AND w.last_day < addDays(c.period_end, 366) AND c.denominator IS NULL AS ahead,
            c.status = 'B' AND w.last_day < addDays(c.period_end, 366) AND c.denominator IS NOT NULL AND (w.weight < 1 OR w.parts != 1) AS mixed,
            if(ahead OR w.to_code = '', toString(c.area), w.to_code) AS place,
            if(ahead, c.level, w.level) AS place_level,
            if(ahead, 1., w.weight) AS share,
            toUInt64(if(ahead, 1, w.parts)) AS of_parts,
            if(ahead, '', toString(w.reason)) AS hindrance
        FROM {{.Database}}.indicator_current AS c
        INNER JOIN {{.Database}}.area_concordance AS w ON w.from_code = toString(c.area)
        INNER JOIN (SELECT indicator, rollup, factor FROM {{.Database}}.indicator FINAL) AS i ON i.indicator = toString(c.indicator)
        WHERE c.period_end BETWEEN w.first_day AND w.last_day
            AND w.reason != 'counted_above'
            AND (NOT ahead OR w.to_code IN ('', toString(c.area)))
    ),
    summed AS
    (
        SELECT
            indicator AS s_indicator, place, place_level, freq AS s_freq, period_start AS s_start,
            any(theme) AS s_theme, any(name_ru) AS s_name_ru, any(name_kk) AS s_name_kk, any(unit) AS s_unit,
            any(period) AS s_period, any(period_end) AS s_end, any(rollup) AS s_rollup, any(factor) AS s_factor,
            count() AS cells, max(of_parts) AS s_parts, min(share) AS smallest, any(hindrance) AS s_hindrance,
            countIf(value IS NULL) AS without, countIf(status = 'C') AS secret, countIf(status = 'E') AS estimated, max(mixed) AS s_mixed,
            cells = 1 AND s_parts = 1 AND smallest = 1 AND s_hindrance = '' AND NOT s_mixed AS alone,
            any((value, status, reason)) AS only_one,
            sumOrNull(toFloat64(numerator) * share) AS n,
            sumOrNull(toFloat64(denominator) * share) AS d,
            countIf(denominator IS NOT NULL) > 0 AS divides,
            min(coverage) AS s_coverage, arraySort(groupArray(toString(area))) AS s_areas, max(origin) AS s_origin, max(recorded_at) AS s_recorded
        FROM placed
        GROUP BY indicator, place, place_level, freq, period_start
    ),
    judged AS
    (
        SELECT
            *,
            multiIf(
                alone OR cells = 1 AND s_parts = 1 AND without = 1 AND s_hindrance = '', toString(only_one.3),
                s_hindrance != '', s_hindrance,
                secret > 0, 'confidential',
                s_rollup NOT IN ('sum', 'ratio', 'last'), 'not_additive',
                s_mixed, 'across_break',
                without > 0 OR cells < s_parts, 'part_missing',
                divides AND d = 0, 'denominator_zero',
                '') AS why
        FROM summed
    )
SELECT
    s_indicator AS indicator,
    s_theme AS theme,
    s_name_ru AS name_ru,
    s_name_kk AS name_kk,
    s_unit AS unit,
    place AS area,
    dictGet('{{.Database}}.area_name', 'name_ru', toUInt64(place), toInt64(toInt32(today()))) AS area_name_ru,
    dictGet('{{.Database}}.area_name', 'name_kk', toUInt64(place), toInt64(toInt32(today()))) AS area_name_kk,
    place_level AS level,
    s_freq AS freq,
    s_period AS period,
    s_start AS period_start,
    s_end AS period_end,
    multiIf(alone, only_one.1, why != '', NULL, divides, s_factor * n / nullIf(d, 0), s_factor * n) AS value,
    if(why = '' OR alone, n, NULL) AS numerator,
    if(why = '' OR alone, d, NULL) AS denominator,
    s_coverage AS coverage,
    multiIf(alone OR without = 1 AND cells = 1 AND s_parts = 1 AND s_hindrance = '', toString(only_one.2), why = 'confidential', 'C', why != '', 'M', smallest < 1 OR estimated > 0, 'E', 'A')::{{.Status}} AS status,
    why AS reason,
    s_parts AS parts,
    smallest AS smallest_weight,
    s_areas AS from_areas,
    s_origin AS origin,
    'today' AS boundary_version,
    s_recorded AS recorded_at
FROM judged
COMMENT 'indicator_current within the boundaries of today: counts by weights, ratios divided again, what cannot be mapped empty with a reason';

-- Growth and averages of each cell over its own periods, by number of the period and not by row, so that a gap stays a gap.
CREATE VIEW IF NOT EXISTS indicator_growth{{.OnCluster}}
(
    indicator       LowCardinality(String) COMMENT 'id in table indicator',
    unit            String COMMENT 'unit of the value',
    area            LowCardinality(String) COMMENT 'KATO code, nine digits; 000000000 is the country',
    area_name_ru    String COMMENT 'name of the area in Russian on the last day of the period',
    level           {{.Level}} COMMENT 'level of the area',
    freq            {{.Freq}} COMMENT 'frequency: A year, S half-year, Q quarter, M month, W ISO week, D day',
    period          String COMMENT 'period as 2026, 2026-S1, 2026-Q3, 2026-M09, 2026-W37 or 2026-09-14',
    period_start    Date32 COMMENT 'first day of the period',
    is_latest       UInt8 COMMENT '1 for the newest period of the indicator, area and frequency, else 0',
    value           Nullable(Float64) COMMENT 'value in the unit',
    previous        Nullable(Float64) COMMENT 'value of the period right before, in the unit; empty where there is none',
    change          Nullable(Float64) COMMENT 'value less previous, in the unit (of shares: percentage points)',
    growth          Nullable(Float64) COMMENT 'value against previous, in percent; empty where that is not above 0',
    year_before     Nullable(Float64) COMMENT 'value of the same period of the year before, in the unit; there is none of 29 February and of a 53rd week',
    change_year     Nullable(Float64) COMMENT 'value less year_before, in the unit',
    growth_year     Nullable(Float64) COMMENT 'value against year_before, in percent; empty where that is not above 0',
    average_3       Nullable(Float64) COMMENT 'mean of the last three periods, in the unit; empty where one of them is',
    average_12      Nullable(Float64) COMMENT 'mean of the last twelve periods, in the unit; empty where one of them is',
    index_year      Nullable(Float64) COMMENT 'value against the mean of the first calendar year that has a value, 100 for no change; empty where that is not above 0',
    index_base      Nullable(Int32) COMMENT 'that year',
    same_boundaries UInt8 COMMENT '1 where previous and year_before, as far as they are there, have the boundary_version of the value; 0: the boundaries may differ',
    status          {{.Status}} COMMENT 'of the value: A normal, B break, C confidential, E estimated, I imputed, M missing, P provisional',
    origin          {{.Origin}} COMMENT 'of the value: synthetic as soon as one input is, else real'
)
AS
WITH
    numbered AS
    (
        SELECT
            indicator, unit, area, area_name_ru, level, freq, period, period_start, is_latest, value, status, origin, boundary_version,
            toInt64(multiIf(
                freq = 'A', toYear(period_start),
                freq = 'S', intDiv(toYear(period_start) * 12 + toMonth(period_start) - 1, 6),
                freq = 'Q', intDiv(toYear(period_start) * 12 + toMonth(period_start) - 1, 3),
                freq = 'M', toYear(period_start) * 12 + toMonth(period_start) - 1,
                freq = 'W', intDiv(toInt32(period_start) + 3, 7),
                toInt32(period_start))) AS number,
            -- The base: all values of the first year that has one.
            minIf(toYear(period_start), value IS NOT NULL) OVER (PARTITION BY indicator, area, freq) AS base_year
        FROM {{.Database}}.indicator_current
    ),
    windows AS
    (
        SELECT
            *,
            anyOrNull(value) OVER before AS last_value,
            any(boundary_version) OVER before AS last_boundaries,
            if(count(value) OVER three = 3, avg(value) OVER three, NULL) AS mean_3,
            if(count(value) OVER twelve = 12, avg(value) OVER twelve, NULL) AS mean_12,
            avgIf(value, toYear(period_start) = base_year) OVER (PARTITION BY indicator, area, freq) AS base
        FROM numbered
        WINDOW
            before AS (PARTITION BY indicator, area, freq ORDER BY number RANGE BETWEEN 1 PRECEDING AND 1 PRECEDING),
            three AS (PARTITION BY indicator, area, freq ORDER BY number RANGE BETWEEN 2 PRECEDING AND CURRENT ROW),
            twelve AS (PARTITION BY indicator, area, freq ORDER BY number RANGE BETWEEN 11 PRECEDING AND CURRENT ROW)
    )
SELECT
    w.indicator AS indicator,
    w.unit AS unit,
    w.area AS area,
    w.area_name_ru AS area_name_ru,
    w.level AS level,
    w.freq AS freq,
    w.period AS period,
    w.period_start AS period_start,
    w.is_latest AS is_latest,
    w.value AS value,
    w.last_value AS previous,
    w.value - w.last_value AS change,
    if(w.last_value > 0, 100 * (w.value / w.last_value - 1), NULL) AS growth,
    y.year_value AS year_before,
    w.value - y.year_value AS change_year,
    if(y.year_value > 0, 100 * (w.value / y.year_value - 1), NULL) AS growth_year,
    w.mean_3 AS average_3,
    w.mean_12 AS average_12,
    if(w.base > 0, 100 * w.value / w.base, NULL) AS index_year,
    if(isNull(w.value) OR NOT w.base > 0, NULL, toInt32(w.base_year)) AS index_base,
    toUInt8((isNull(w.last_value) OR w.last_boundaries = w.boundary_version) AND (isNull(y.year_value) OR y.year_boundaries = w.boundary_version)) AS same_boundaries,
    w.status AS status,
    w.origin AS origin
FROM windows AS w
LEFT JOIN
(
    SELECT
        indicator AS y_indicator, area AS y_area, freq AS y_freq, value AS year_value, boundary_version AS year_boundaries,
        concat(toString(toUInt16(substring(period, 1, 4)) + 1), substring(period, 5)) AS year_after
    FROM {{.Database}}.indicator_current
    WHERE value IS NOT NULL
) AS y ON y.y_indicator = w.indicator AND y.y_area = w.area AND y.y_freq = w.freq AND y.year_after = w.period
COMMENT 'each cell against its previous period, the year before and its first year, with moving averages; a gap stays a gap';
