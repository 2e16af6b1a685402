-- The views that an analyst starts from. Each takes the newest vintage by argMax over a tuple: a bare argMax would pass
-- over NULL and show the value before a withdrawal. All keys of the grouping are plain columns of the type they have in
-- the table, so that a filter on them goes through window and grouping down to the primary key.
CREATE VIEW IF NOT EXISTS indicator_current{{.OnCluster}}
(
    indicator        LowCardinality(String) COMMENT 'id in table indicator',
    theme            String COMMENT 'theme of the indicator',
    name_ru          String COMMENT 'name of the indicator in Russian',
    name_kk          String COMMENT 'name of the indicator in Kazakh',
    unit             String COMMENT 'unit of the value',
    direction        String COMMENT 'which way is better: higher, lower or target',
    area             LowCardinality(String) COMMENT 'KATO code, nine digits; 000000000 is the country',
    area_name_ru     String COMMENT 'name of the area in Russian on the last day of the period',
    area_name_kk     String COMMENT 'name of the area in Kazakh on the last day of the period',
    district         String COMMENT 'code of the district, of a district its own; empty above that level',
    district_name_ru String COMMENT 'name of the district in Russian; empty above that level',
    oblast           String COMMENT 'code of the oblast; empty for the country',
    level            {{.Level}} COMMENT 'level of the area',
    freq             {{.Freq}} COMMENT 'frequency: A year, S half-year, Q quarter, M month, W ISO week, D day',
    period           String COMMENT 'period as 2026, 2026-S1, 2026-Q3, 2026-M09, 2026-W37 or 2026-09-14',
    period_start     Date32 COMMENT 'first day of the period',
    period_end       Date32 COMMENT 'last day of the period',
    is_latest        UInt8 COMMENT '1 for the newest period of the indicator, area and frequency, else 0',
    value            Nullable(Float64) COMMENT 'value in the unit; empty with a reason, never 0 instead',
    numerator        Nullable(Decimal(18, 4)) COMMENT 'sum over the reporting units, in the unit of the numerator series',
    denominator      Nullable(Decimal(18, 4)) COMMENT 'sum over the reporting units, in the unit of the denominator series; empty where there is none',
    coverage         Nullable(Float64) COMMENT 'share of the population that lives where there is data, 0 to 1',
    status           {{.Status}} COMMENT 'SDMX CL_OBS_STATUS: A normal, B break, C confidential, E estimated, I imputed, M missing, P provisional',
    reason           LowCardinality(String) COMMENT 'why value is empty; else empty',
    sensitive        UInt8 COMMENT '1 where small cells must not be shown',
    origin           {{.Origin}} COMMENT 'synthetic as soon as one input is, else real',
    formula_version  UInt32 COMMENT 'version of the formula',
    boundary_version LowCardinality(String) COMMENT 'version of the boundaries on the last day of the period',
    recorded_at      DateTime64(3, 'UTC') COMMENT 'vintage: when the page that caused the newest change was fetched, UTC'
)
AS
{{template "cells" (.Known "")}}
COMMENT 'newest vintage of each computed cell, with names; this is the view to start from';

CREATE VIEW IF NOT EXISTS indicator_asof{{.OnCluster}}
AS
{{template "cells" (.Known "WHERE recorded_at <= parseDateTime64BestEffort({t:String}, 3, 'UTC')")}}
COMMENT 'as indicator_current, with what was known at t, UTC: FROM indicator_asof(t=''2026-07-01 00:00:00'')';

CREATE VIEW IF NOT EXISTS observation_current{{.OnCluster}}
(
    series           LowCardinality(String) COMMENT 'what is measured, id in table series',
    dims             LowCardinality(String) COMMENT 'dimensions as name=value;name=value sorted by name, empty for the total',
    area             LowCardinality(String) COMMENT 'KATO code, nine digits; 000000000 is the country',
    area_name_ru     String COMMENT 'name of the area in Russian on the last day of the period',
    area_name_kk     String COMMENT 'name of the area in Kazakh on the last day of the period',
    district         String COMMENT 'code of the district, of a district its own; empty above that level',
    district_name_ru String COMMENT 'name of the district in Russian; empty above that level',
    oblast           String COMMENT 'code of the oblast; empty for the country',
    level            String COMMENT 'level of the area; empty for a code that the registry does not have',
    freq             {{.Freq}} COMMENT 'frequency: A year, S half-year, Q quarter, M month, W ISO week, D day (stocks are dated by day)',
    period           String COMMENT 'period as 2026, 2026-S1, 2026-Q3, 2026-M09, 2026-W37 or 2026-09-14',
    period_start     Date32 COMMENT 'first day of the period',
    period_end       Date32 COMMENT 'last day of the period',
    is_latest        UInt8 COMMENT '1 for the newest period of the series, dimensions, area and frequency, else 0',
    value            Nullable(Decimal(18, 4)) COMMENT 'value in the unit of the series; empty for status M and C, never 0 instead',
    status           {{.Status}} COMMENT 'SDMX CL_OBS_STATUS: A normal, B break, C confidential, E estimated, I imputed, M missing, P provisional',
    origin           {{.Origin}} COMMENT 'real as published, or synthetic as made by auyl simulate',
    rank             UInt8 COMMENT 'precedence of the source, the smaller wins',
    source           LowCardinality(String) COMMENT 'source, provider.dataset',
    vintages         UInt64 COMMENT 'rows that were weighed for this value, from all sources',
    recorded_at      DateTime64(3, 'UTC') COMMENT 'vintage: when the page was fetched, UTC',
    released_at      DateTime64(3, 'UTC') COMMENT 'vintage: when the source published it, UTC',
    raw_sha256       String COMMENT 'sha256 of the raw object, 64 hexadecimal digits',
    run_id           LowCardinality(String) COMMENT 'pull that brought the page, see ingest_run',
    page             UInt32 COMMENT 'page within the pull, from 1',
    row              UInt32 COMMENT 'record within the page, from 1'
)
AS
SELECT
    series,
    dims,
    area,
    {{.AreaName "name_ru" "area"}} AS area_name_ru,
    {{.AreaName "name_kk" "area"}} AS area_name_kk,
    {{.AreaName "district" "area"}} AS district,
    if(district = '', '', {{.AreaName "name_ru" "district"}}) AS district_name_ru,
    {{.AreaName "oblast" "area"}} AS oblast,
    {{.AreaName "level" "area"}} AS level,
    freq,
    {{template "period"}} AS period,
    period_start,
    {{template "last_day"}} AS period_end,
    toUInt8(period_start = max(period_start) OVER (PARTITION BY series, dims, area, freq)) AS is_latest,
    newest.1 AS value,
    newest.2 AS status,
    newest.3 AS origin,
    newest.4 AS rank,
    newest.5 AS source,
    vintages,
    newest.6 AS recorded_at,
    newest.7 AS released_at,
    lower(hex(newest.8)) AS raw_sha256,
    newest.9 AS run_id,
    newest.10 AS page,
    newest.11 AS row
FROM
(
    SELECT
        series,
        dims,
        area,
        freq,
        period_start,
        count() AS vintages,
        argMax(
            tuple(value, status, origin, rank, source, recorded_at, released_at, raw_sha256, run_id, page, row),
            tuple(-toInt16(rank), released_at, raw_seq, row)) AS newest
    FROM {{.Database}}.observation
    GROUP BY
        series,
        dims,
        area,
        freq,
        period_start
)
COMMENT 'the value that counts for each series, dimensions, area and period: strongest source, then latest release, then latest page';

CREATE VIEW IF NOT EXISTS event_current{{.OnCluster}}
(
    kind        LowCardinality(String) COMMENT 'kind of event, such as ambulance_call',
    source      LowCardinality(String) COMMENT 'source, provider.dataset',
    id          String COMMENT 'id within the source',
    area        LowCardinality(String) COMMENT 'KATO code of the place, nine digits',
    occurred_at DateTime64(3, 'UTC') COMMENT 'when it happened, UTC',
    reported_at DateTime64(3, 'UTC') COMMENT 'when it was reported, UTC',
    attributes  Map(LowCardinality(String), Decimal(18, 4)) COMMENT 'measures of the event by name',
    origin      {{.Origin}} COMMENT 'real as published, or synthetic as made by auyl simulate',
    recorded_at DateTime64(3, 'UTC') COMMENT 'vintage: when the page was fetched, UTC'
)
AS
SELECT
    kind,
    source,
    id,
    newest.1 AS area,
    newest.2 AS occurred_at,
    newest.3 AS reported_at,
    newest.4 AS attributes,
    newest.5 AS origin,
    newest.6 AS recorded_at
FROM
(
    SELECT
        kind,
        source,
        id,
        argMax(tuple(area, occurred_at, reported_at, attributes, origin, recorded_at, withdrawn), tuple(raw_seq, row)) AS newest
    FROM {{.Database}}.event
    GROUP BY
        kind,
        source,
        id
)
WHERE NOT newest.7
COMMENT 'newest report of each event, without those that were withdrawn';

CREATE VIEW IF NOT EXISTS revision{{.OnCluster}}
(
    series          LowCardinality(String) COMMENT 'what is measured, id in table series',
    dims            LowCardinality(String) COMMENT 'dimensions, empty for the total',
    area            LowCardinality(String) COMMENT 'KATO code, nine digits',
    freq            {{.Freq}} COMMENT 'frequency, one letter',
    period          String COMMENT 'period as 2026, 2026-S1, 2026-Q3, 2026-M09, 2026-W37 or 2026-09-14',
    period_start    Date32 COMMENT 'first day of the period',
    source          LowCardinality(String) COMMENT 'source that changed its own value, provider.dataset',
    old_value       Nullable(Decimal(18, 4)) COMMENT 'value before, in the unit of the series',
    new_value       Nullable(Decimal(18, 4)) COMMENT 'value after, in the unit of the series',
    old_status      {{.Status}} COMMENT 'status before',
    new_status      {{.Status}} COMMENT 'status after',
    class           String COMMENT 'withdrawn, late_report, unit_jump (about ×1000), method (status B) or correction',
    old_released_at DateTime64(3, 'UTC') COMMENT 'when the value before was published, UTC',
    new_released_at DateTime64(3, 'UTC') COMMENT 'when the value after was published, UTC',
    recorded_at     DateTime64(3, 'UTC') COMMENT 'when the value after was fetched, UTC',
    old_raw_sha256  String COMMENT 'raw object of the value before, 64 hexadecimal digits',
    new_raw_sha256  String COMMENT 'raw object of the value after, 64 hexadecimal digits'
)
AS
SELECT
    series,
    dims,
    area,
    freq,
    {{template "period"}} AS period,
    period_start,
    source,
    before.1 AS old_value,
    value AS new_value,
    before.2 AS old_status,
    status AS new_status,
    multiIf(
        isNull(value), 'withdrawn',
        isNull(before.1), 'late_report',
        before.1 != 0 AND (abs(toFloat64(value) / toFloat64(before.1)) BETWEEN 500 AND 2000 OR abs(toFloat64(before.1) / nullIf(toFloat64(value), 0)) BETWEEN 500 AND 2000), 'unit_jump',
        status = 'B', 'method',
        'correction') AS class,
    before.3 AS old_released_at,
    released_at AS new_released_at,
    recorded_at,
    lower(hex(before.4)) AS old_raw_sha256,
    lower(hex(raw_sha256)) AS new_raw_sha256
FROM
(
    SELECT
        series,
        dims,
        area,
        freq,
        period_start,
        source,
        value,
        status,
        released_at,
        recorded_at,
        raw_sha256,
        lagInFrame(tuple(value, status, released_at, raw_sha256)) OVER history AS before,
        row_number() OVER history AS n
    FROM {{.Database}}.observation
    WINDOW history AS (
        PARTITION BY series, dims, area, freq, period_start, source
        ORDER BY released_at, raw_seq, row
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)
WHERE n > 1
    AND (value IS DISTINCT FROM before.1 OR status != before.2)
COMMENT 'ledger of revisions: each change of a value by the source that gave it';
