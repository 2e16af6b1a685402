-- What analysts ask again and again, each written once: names without a join, peers, ranks with their doubt, outliers,
-- what feeds gave. All stand on the views of 0006, so that a filter on indicator, area and freq goes down to the key.

-- Names and places of a code as they are today (the views have the names of their periods). A function belongs to no
-- database: it asks the dictionary of the database that one is in.
CREATE FUNCTION IF NOT EXISTS areaName{{.OnCluster}} AS (code, lang) ->
    multiIf(
        lang = 'kk', dictGet('area_name', 'name_kk', toUInt64(code), toInt64(toInt32(today()))),
        lang = 'en', dictGet('area_name', 'name_en', toUInt64(code), toInt64(toInt32(today()))),
        dictGet('area_name', 'name_ru', toUInt64(code), toInt64(toInt32(today()))));

CREATE FUNCTION IF NOT EXISTS areaLevel{{.OnCluster}} AS (code) ->
    dictGet('area_name', 'level', toUInt64(code), toInt64(toInt32(today())));

CREATE FUNCTION IF NOT EXISTS areaParent{{.OnCluster}} AS (code) ->
    dictGet('area_name', 'parent', toUInt64(code), toInt64(toInt32(today())));

CREATE FUNCTION IF NOT EXISTS areaDistrict{{.OnCluster}} AS (code) ->
    dictGet('area_name', 'district', toUInt64(code), toInt64(toInt32(today())));

-- Peers by natural zone and size, for now: both are read off figures that are there. Where fewer than five okrugs share
-- zone and size, those of that size that are left over share one group.
CREATE VIEW IF NOT EXISTS peer_group{{.OnCluster}}
(
    area         LowCardinality(String) COMMENT 'KATO code of an okrug or a district, nine digits',
    level        String COMMENT 'okrug or district',
    natural_zone LowCardinality(String) COMMENT 'of an okrug: mountain, foothill, semi_desert or desert, by the newest pasture norm for cattle (up to 5, 8, 12 ha a head, above); empty where there is none',
    size_class   LowCardinality(String) COMMENT 'by the newest population: under_2000, 2000_5000, 5000_15000, from_15000 of okrugs; under_50000, 50000_200000, from_200000 of districts',
    peer_group   String COMMENT 'areas with the same text are peers: level, size and, where five or more share it, the natural zone',
    peers        UInt64 COMMENT 'areas in the group, this one included',
    origin       {{.Origin}} COMMENT 'synthetic as soon as population or norm is'
)
AS
SELECT
    area,
    level,
    zone AS natural_zone,
    size AS size_class,
    if(level = 'okrug' AND zone != '' AND alike >= 5, concat(level, ' ', size, ' ', zone), concat(level, ' ', size)) AS peer_group,
    count() OVER (PARTITION BY peer_group) AS peers,
    origin
FROM
(
    SELECT
        area,
        level,
        zone,
        size,
        origin,
        count() OVER (PARTITION BY level, size, zone) AS alike
    FROM
    (
        SELECT
            people.area AS area,
            toString(people.level) AS level,
            multiIf(isNull(norm.ha) OR people.level = 'district', '', norm.ha <= 5, 'mountain', norm.ha <= 8, 'foothill', norm.ha <= 12, 'semi_desert', 'desert') AS zone,
            if(people.level = 'okrug',
                multiIf(people.residents < 2000, 'under_2000', people.residents < 5000, '2000_5000', people.residents < 15000, '5000_15000', 'from_15000'),
                multiIf(people.residents < 50000, 'under_50000', people.residents < 200000, '50000_200000', 'from_200000')) AS size,
            if(people.counted_as = 'synthetic' OR norm.measured_as = 'synthetic', 'synthetic', 'real')::{{.Origin}} AS origin
        FROM
        (
            SELECT area, level, argMax(value, period_start) AS residents, toString(argMax(origin, period_start)) AS counted_as
            FROM {{.Database}}.indicator_current
            WHERE indicator = 'population_total' AND level IN ('okrug', 'district') AND value IS NOT NULL
            GROUP BY area, level
        ) AS people
        LEFT JOIN
        (
            SELECT area, argMax(toNullable(toFloat64(value)), period_start) AS ha, toString(argMax(origin, period_start)) AS measured_as
            FROM {{.Database}}.observation_current
            WHERE series = 'pasture_norm_cattle' AND value IS NOT NULL
            GROUP BY area
        ) AS norm ON norm.area = people.area
    )
)
COMMENT 'which okrugs and districts are held against each other';

CREATE VIEW IF NOT EXISTS peer_comparison{{.OnCluster}}
(
    indicator    LowCardinality(String) COMMENT 'id in table indicator',
    unit         String COMMENT 'unit of the values',
    direction    String COMMENT 'which way is better: higher, lower or target',
    area         LowCardinality(String) COMMENT 'KATO code, nine digits',
    area_name_ru String COMMENT 'name of the area in Russian on the last day of the period',
    area_name_kk String COMMENT 'name of the area in Kazakh on the last day of the period',
    level        {{.Level}} COMMENT 'okrug or district',
    freq         {{.Freq}} COMMENT 'frequency, one letter',
    period       String COMMENT 'period as 2026, 2026-S1, 2026-Q3, 2026-M09, 2026-W37 or 2026-09-14',
    period_start Date32 COMMENT 'first day of the period',
    is_latest    UInt8 COMMENT '1 for the newest period of the indicator, area and frequency, else 0',
    value        Float64 COMMENT 'value of the area, in the unit',
    peer_group   String COMMENT 'see view peer_group',
    peers        UInt64 COMMENT 'areas of the group that have a value in this period, this one included',
    peer_p10     Float64 COMMENT 'a tenth of the peers are below, in the unit',
    peer_median  Float64 COMMENT 'half of the peers are below, in the unit',
    peer_p90     Float64 COMMENT 'nine tenths of the peers are below, in the unit',
    place        UInt64 COMMENT 'place within the group, 1 is best; 0 where the indicator has a target instead of a direction',
    origin       {{.Origin}} COMMENT 'synthetic as soon as one input is, else real'
)
AS
SELECT
    indicator,
    unit,
    direction,
    area,
    area_name_ru,
    area_name_kk,
    level,
    freq,
    period,
    period_start,
    is_latest,
    assumeNotNull(value) AS value,
    g.peer_group AS peer_group,
    count() OVER peers_of AS peers,
    quantileExactInclusive(0.1)(assumeNotNull(value)) OVER peers_of AS peer_p10,
    quantileExactInclusive(0.5)(assumeNotNull(value)) OVER peers_of AS peer_median,
    quantileExactInclusive(0.9)(assumeNotNull(value)) OVER peers_of AS peer_p90,
    if(direction = 'target', 0, rank() OVER (PARTITION BY indicator, freq, period_start, g.peer_group ORDER BY if(direction = 'lower', value, -value))) AS place,
    c.origin AS origin
FROM {{.Database}}.indicator_current AS c
INNER JOIN {{.Database}}.peer_group AS g ON g.area = c.area
WHERE c.level IN ('okrug', 'district') AND c.value IS NOT NULL
WINDOW peers_of AS (PARTITION BY indicator, freq, period_start, g.peer_group)
COMMENT 'each value beside those of its peers: median, tenths, place';

CREATE VIEW IF NOT EXISTS ranking{{.OnCluster}}
(
    indicator    LowCardinality(String) COMMENT 'id in table indicator',
    unit         String COMMENT 'unit of the values',
    direction    String COMMENT 'which way is better: higher or lower; indicators with a target are not ranked',
    level        {{.Level}} COMMENT 'level within which areas are ranked',
    area         LowCardinality(String) COMMENT 'KATO code, nine digits',
    area_name_ru String COMMENT 'name of the area in Russian on the last day of the period',
    area_name_kk String COMMENT 'name of the area in Kazakh on the last day of the period',
    district     String COMMENT 'code of the district, of a district its own',
    freq         {{.Freq}} COMMENT 'frequency, one letter',
    period       String COMMENT 'period as 2026, 2026-S1, 2026-Q3, 2026-M09, 2026-W37 or 2026-09-14',
    period_start Date32 COMMENT 'first day of the period',
    is_latest    UInt8 COMMENT '1 for the newest period of the indicator, area and frequency, else 0',
    value        Float64 COMMENT 'value in the unit',
    low          Float64 COMMENT 'lower end of what the value may be, in the unit: chance of small counts (95 %) and people who did not report',
    high         Float64 COMMENT 'upper end of it, in the unit',
    coverage     Nullable(Float64) COMMENT 'share of the population that reported, 0 to 1',
    rank         UInt64 COMMENT 'place by value alone, 1 is best, equal values share one',
    best_rank    UInt64 COMMENT 'best place that the doubt leaves: 1 and those that are better beyond doubt',
    worst_rank   UInt64 COMMENT 'worst place that the doubt leaves',
    ranked       UInt64 COMMENT 'areas with a value',
    origin       {{.Origin}} COMMENT 'synthetic as soon as one input is, else real'
)
AS
WITH
    -- Series that count things one by one: their small numbers vary by chance. Money, hectares and tonnes do not.
    counted AS
    (
        SELECT series
        FROM {{.Database}}.series
        WHERE unit IN ('person', 'family', 'household', 'call', 'request', 'application', 'appeal', 'animal', 'bite', 'enterprise', 'taxpayer', 'loan', 'job', 'proposal', 'site')
    ),
    bounded AS
    (
        SELECT
            *,
            -- A share of counted things has the interval of Wilson, a rate of them that of Byar for the count.
            indicator IN (SELECT indicator FROM {{.Database}}.indicator WHERE rollup = 'ratio' AND factor = 100 AND numerator IN (SELECT series FROM counted) AND denominator IN (SELECT series FROM counted)) AS share,
            indicator IN (SELECT indicator FROM {{.Database}}.indicator WHERE rollup = 'ratio' AND numerator IN (SELECT series FROM counted)) AND NOT share AS rate,
            toFloat64(assumeNotNull(numerator)) AS n,
            toFloat64(assumeNotNull(denominator)) AS d,
            assumeNotNull(value) AS v,
            if(d > 0, n / d, 0) AS p,
            -- What one thing adds to a rate: where none was seen, v does not tell.
            (SELECT mapFromArrays(groupArray(indicator), groupArray(factor)) FROM {{.Database}}.indicator)[toString(indicator)] / nullIf(d, 0) AS one_or_null,
            ifNull(one_or_null, 0) AS one,
            multiIf(
                share AND d > 0 AND p BETWEEN 0 AND 1, 100 * (p + 1.9208 / d - 1.96 * sqrt(greatest(p * (1 - p) + 0.9604 / d, 0) / d)) / (1 + 3.8416 / d),
                rate AND n > 0, v * pow(1 - 1 / (9 * n) - 1.96 / (3 * sqrt(n)), 3),
                v) AS chance_low,
            multiIf(
                share AND d > 0 AND p BETWEEN 0 AND 1, 100 * (p + 1.9208 / d + 1.96 * sqrt(greatest(p * (1 - p) + 0.9604 / d, 0) / d)) / (1 + 3.8416 / d),
                rate AND d > 0, if(n > 0, v / n, one) * (n + 1) * pow(1 - 1 / (9 * (n + 1)) + 1.96 / (3 * sqrt(n + 1)), 3),
                v) AS chance_high,
            ifNull(least(greatest(coverage, 0), 1), 1) AS c,
            min(v) OVER ranked_with AS least_value,
            max(v) OVER ranked_with AS most_value
        FROM {{.Database}}.indicator_current
        WHERE value IS NOT NULL AND direction IN ('higher', 'lower') AND level IN ('okrug', 'district')
        WINDOW ranked_with AS (PARTITION BY indicator, level, freq, period_start)
    ),
    doubted AS
    (
        SELECT
            *,
            -- Those who did not report may be anything that was reported elsewhere.
            least(v, c * chance_low + (1 - c) * least_value) AS lower_end,
            greatest(v, c * chance_high + (1 - c) * most_value) AS upper_end,
            if(direction = 'lower', -v, v) AS good,
            if(direction = 'lower', -upper_end, lower_end) AS good_low,
            if(direction = 'lower', -lower_end, upper_end) AS good_high
        FROM bounded
    )
SELECT
    indicator,
    unit,
    direction,
    level,
    area,
    area_name_ru,
    area_name_kk,
    district,
    freq,
    period,
    period_start,
    is_latest,
    v AS value,
    lower_end AS low,
    upper_end AS high,
    coverage,
    rank() OVER (PARTITION BY indicator, level, freq, period_start ORDER BY good DESC) AS rank,
    1 + arrayCount(x -> x > good_high, groupArray(good_low) OVER among) AS best_rank,
    count() OVER among - arrayCount(x -> x < good_low, groupArray(good_high) OVER among) AS worst_rank,
    count() OVER among AS ranked,
    origin
FROM doubted
WINDOW among AS (PARTITION BY indicator, level, freq, period_start)
COMMENT 'places of areas, with the interval that small counts and missing reports leave';

CREATE VIEW IF NOT EXISTS indicator_outlier{{.OnCluster}}
(
    indicator    LowCardinality(String) COMMENT 'id in table indicator',
    area         LowCardinality(String) COMMENT 'KATO code, nine digits',
    area_name_ru String COMMENT 'name of the area in Russian on the last day of the period',
    level        {{.Level}} COMMENT 'level of the area',
    freq         {{.Freq}} COMMENT 'frequency, one letter',
    period       String COMMENT 'period as 2026, 2026-S1, 2026-Q3, 2026-M09, 2026-W37 or 2026-09-14',
    period_start Date32 COMMENT 'first day of the period',
    is_latest    UInt8 COMMENT '1 for the newest period of the indicator, area and frequency, else 0',
    flag         String COMMENT 'unit_jump: 900 to 1100 times the period before, or that part of it; level_shift: the four periods from here on all lie on one side of the four before, more than 6 spreads away; peers: modified z-score among areas of the level above 3.5',
    value        Float64 COMMENT 'value in the unit; it is flagged, never changed',
    expected     Float64 COMMENT 'what it is held against: the period before, the median before, the median of the level',
    score        Float64 COMMENT 'unit_jump: ratio to expected; else distance from expected over 1.4826 times the median absolute deviation',
    origin       {{.Origin}} COMMENT 'synthetic as soon as one input is, else real'
)
AS
WITH
    history AS
    (
        SELECT
            indicator,
            area,
            area_name_ru,
            level,
            freq,
            period,
            period_start,
            is_latest,
            origin,
            assumeNotNull(value) AS v,
            quantileExactInclusive(0.5)(assumeNotNull(value)) OVER level_of AS middle,
            count() OVER level_of AS n,
            lagInFrame(toNullable(assumeNotNull(value))) OVER (PARTITION BY indicator, area, freq ORDER BY period_start ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS before,
            groupArray(assumeNotNull(value)) OVER (PARTITION BY indicator, area, freq ORDER BY period_start ROWS BETWEEN 4 PRECEDING AND 1 PRECEDING) AS four_before,
            groupArray(assumeNotNull(value)) OVER (PARTITION BY indicator, area, freq ORDER BY period_start ROWS BETWEEN CURRENT ROW AND 3 FOLLOWING) AS four_after
        FROM {{.Database}}.indicator_current
        WHERE value IS NOT NULL
        WINDOW level_of AS (PARTITION BY indicator, level, freq, period_start)
    ),
    scored AS
    (
        SELECT
            *,
            quantileExactInclusive(0.5)(abs(v - middle)) OVER (PARTITION BY indicator, level, freq, period_start) AS spread,
            arraySort(four_before)[2] / 2 + arraySort(four_before)[3] / 2 AS middle_before,
            arraySort(four_after)[2] / 2 + arraySort(four_after)[3] / 2 AS middle_after,
            arraySort(arrayMap(x -> abs(x - middle_before), four_before)) AS off_before,
            arraySort(arrayMap(x -> abs(x - middle_after), four_after)) AS off_after,
            greatest(off_before[2] + off_before[3], off_after[2] + off_after[3]) / 2 AS spread_around,
            arrayFilter(x -> x.1 != '', [
                if(before != 0 AND (abs(v / before) BETWEEN 900 AND 1100 OR abs(before / nullIf(v, 0)) BETWEEN 900 AND 1100), ('unit_jump', assumeNotNull(before), v / assumeNotNull(before)), ('', 0., 0.)),
                if(length(four_before) = 4 AND length(four_after) = 4 AND spread_around > 0
                        AND if(middle_after > middle_before, arrayMin(four_after) > arrayMax(four_before), arrayMax(four_after) < arrayMin(four_before))
                        AND abs(middle_after - middle_before) / (1.4826 * spread_around) > 6,
                    ('level_shift', middle_before, (middle_after - middle_before) / (1.4826 * spread_around)), ('', 0., 0.)),
                if(n >= 8 AND spread > 0 AND abs(v - middle) / (1.4826 * spread) > 3.5, ('peers', middle, (v - middle) / (1.4826 * spread)), ('', 0., 0.))]) AS flags
        FROM history
    )
SELECT
    indicator,
    area,
    area_name_ru,
    level,
    freq,
    period,
    period_start,
    is_latest,
    f.1 AS flag,
    v AS value,
    f.2 AS expected,
    f.3 AS score,
    origin
FROM scored
ARRAY JOIN flags AS f
COMMENT 'cells that want a look: flags by robust statistics (Iglewicz and Hoaglin), never repairs';

CREATE VIEW IF NOT EXISTS source_inventory{{.OnCluster}}
(
    source         LowCardinality(String) COMMENT 'source, provider.dataset',
    provider       String COMMENT 'who gives it: the part before the dot',
    origin         {{.Origin}} COMMENT 'real as published, or synthetic as made by auyl simulate',
    series         UInt64 COMMENT 'series that it feeds; 0 of a source of events',
    areas          UInt64 COMMENT 'areas that it speaks of',
    grain          String COMMENT 'lowest level of area',
    freqs          Array(String) COMMENT 'frequencies, one letter each',
    first_day      Nullable(Date32) COMMENT 'first day that it speaks of',
    last_day       Nullable(Date32) COMMENT 'begin of the last period that it speaks of, or day of the last event',
    rows           UInt64 COMMENT 'vintages held: observations or reports of events',
    held_since     DateTime64(3, 'UTC') COMMENT 'when the first page was fetched, UTC',
    last_delivery  DateTime64(3, 'UTC') COMMENT 'when the newest page with news was fetched, UTC'
)
AS
SELECT
    source,
    substring(source, 1, position(source, '.') - 1) AS provider,
    max(origin) AS origin,
    sum(n_series) AS series,
    max(n_areas) AS areas,
    ['country', 'oblast', 'district', 'okrug', 'settlement'][max(lowest)] AS grain,
    arraySort(arrayDistinct(arrayFlatten(groupArray(letters)))) AS freqs,
    min(from_day) AS first_day,
    max(to_day) AS last_day,
    sum(n_rows) AS rows,
    min(since) AS held_since,
    max(newest) AS last_delivery
FROM
(
    SELECT
        source, max(origin) AS origin, uniqExact(series) AS n_series, uniqExact(area) AS n_areas,
        max(multiIf(area = '000000000', 1, endsWith(area, '0000000'), 2, endsWith(area, '00000'), 3, endsWith(area, '000'), 4, 5)) AS lowest,
        arrayMap(x -> toString(x), groupUniqArray(freq)) AS letters,
        min(toNullable(period_start)) AS from_day, max(toNullable(period_start)) AS to_day, count() AS n_rows,
        min(recorded_at) AS since, max(recorded_at) AS newest
    FROM {{.Database}}.observation
    GROUP BY source
    UNION ALL
    SELECT
        source, max(origin), 0, uniqExact(area),
        max(multiIf(area = '000000000', 1, endsWith(area, '0000000'), 2, endsWith(area, '00000'), 3, endsWith(area, '000'), 4, 5)),
        [],
        min(toNullable(toDate32(occurred_at))), max(toNullable(toDate32(occurred_at))), count(),
        min(recorded_at), max(recorded_at)
    FROM {{.Database}}.event
    GROUP BY source
)
GROUP BY source
COMMENT 'what is held of each source: grain, span, rows, since when';

CREATE VIEW IF NOT EXISTS feed_status{{.OnCluster}}
(
    source          LowCardinality(String) COMMENT 'source, provider.dataset',
    origin          {{.Origin}} COMMENT 'real as published, or synthetic as made by auyl simulate',
    runs            UInt64 COMMENT 'pulls so far',
    last_status     LowCardinality(String) COMMENT 'of the last pull: ok, unchanged, partial or failed',
    last_error      String COMMENT 'what went wrong in it; empty for ok and unchanged',
    last_asked      DateTime64(3, 'UTC') COMMENT 'when it began, UTC',
    last_answered   Nullable(DateTime64(3, 'UTC')) COMMENT 'begin of the last pull that did not fail, UTC',
    last_news       Nullable(DateTime64(3, 'UTC')) COMMENT 'when the newest page was fetched, UTC',
    answer_seconds  Float64 COMMENT 'how long the last pull took',
    failed_in_a_row UInt64 COMMENT 'pulls that failed since one did not',
    pages           UInt64 COMMENT 'pages so far',
    records_in      UInt64 COMMENT 'records that came in',
    records_used    UInt64 COMMENT 'records that gave an observation or an event',
    records_skipped UInt64 COMMENT 'records skipped by a rule of the contract',
    records_dead    UInt64 COMMENT 'records that are dead now',
    balance         Int64 COMMENT 'records unaccounted for: always 0'
)
AS
SELECT
    r.source AS source,
    r.origin AS origin,
    r.runs AS runs,
    r.last_status AS last_status,
    r.last_error AS last_error,
    r.last_asked AS last_asked,
    r.last_answered AS last_answered,
    p.last_news AS last_news,
    r.answer_seconds AS answer_seconds,
    r.failed_in_a_row AS failed_in_a_row,
    c.pages AS pages,
    c.records_in AS records_in,
    c.records_used AS records_used,
    c.records_skipped AS records_skipped,
    c.records_dead AS records_dead,
    c.balance AS balance
FROM
(
    SELECT
        source,
        argMax(origin, started_at) AS origin,
        count() AS runs,
        argMax(status, started_at) AS last_status,
        argMax(error, started_at) AS last_error,
        max(started_at) AS last_asked,
        maxOrNullIf(started_at, status != 'failed') AS last_answered,
        dateDiff('millisecond', last_asked, argMax(finished_at, started_at)) / 1000 AS answer_seconds,
        arrayCount(x -> x.1 > ifNull(last_answered, toDateTime64(0, 3, 'UTC')), groupArray((started_at, status))) AS failed_in_a_row
    FROM {{.Database}}.ingest_run FINAL
    GROUP BY source
) AS r
LEFT JOIN {{.Database}}.conservation AS c ON c.source = r.source
LEFT JOIN
(
    SELECT source, maxOrNull(recorded_at) AS last_news
    FROM {{.Database}}.flow
    WHERE replay_of = 0
    GROUP BY source
) AS p ON p.source = r.source
COMMENT 'is each source alive, when did it last give news, what became of its records';

CREATE VIEW IF NOT EXISTS quality{{.OnCluster}}
(
    source       LowCardinality(String) COMMENT 'platform.quality: auyl takes stock of its own sources',
    area         LowCardinality(String) COMMENT 'KATO code of the okrug, nine digits',
    area_name_ru String COMMENT 'name of the okrug in Russian on the last day of the period',
    district     String COMMENT 'code of the district',
    period       String COMMENT 'month that was due, as 2026-M09',
    period_start Date32 COMMENT 'first day of the period',
    expected     Nullable(UInt64) COMMENT 'figures that contracts promise of this okrug for the month',
    received     Nullable(UInt64) COMMENT 'of them those that came',
    on_time      Nullable(UInt64) COMMENT 'of them those that came by the day that the contract names',
    revised      Nullable(UInt64) COMMENT 'of them those that were changed later',
    completeness Nullable(Float64) COMMENT 'received over expected, 0 to 1',
    timeliness   Nullable(Float64) COMMENT 'on_time over expected, 0 to 1'
)
AS
SELECT
    source,
    area,
    area_name_ru,
    district,
    period,
    period_start,
    toUInt64(maxOrNullIf(value, series = 'observations_expected')) AS expected,
    toUInt64(maxOrNullIf(value, series = 'observations_received')) AS received,
    toUInt64(maxOrNullIf(value, series = 'observations_on_time')) AS on_time,
    toUInt64(maxOrNullIf(value, series = 'observations_revised')) AS revised,
    received / nullIf(expected, 0) AS completeness,
    on_time / nullIf(expected, 0) AS timeliness
FROM {{.Database}}.observation_current
WHERE series IN ('observations_expected', 'observations_received', 'observations_on_time', 'observations_revised') AND level = 'okrug'
GROUP BY source, area, area_name_ru, district, period, period_start
COMMENT 'how complete and timely the figures of each okrug are, month by month, by the promises of the contracts';
