-- Revisions are of computed cells: what was published and reads otherwise now. What a source changed in its own figures is
-- beside it, under the name that says so.
CREATE VIEW IF NOT EXISTS observation_revision{{.OnCluster}}
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
COMMENT 'ledger of what sources changed: each change of a value by the source that gave it';

CREATE OR REPLACE VIEW revision{{.OnCluster}}
(
    indicator            LowCardinality(String) COMMENT 'id in table indicator',
    area                 LowCardinality(String) COMMENT 'KATO code, nine digits; 000000000 is the country',
    level                {{.Level}} COMMENT 'level of the area',
    freq                 {{.Freq}} COMMENT 'frequency, one letter',
    period               String COMMENT 'period as 2026, 2026-S1, 2026-Q3, 2026-M09, 2026-W37 or 2026-09-14',
    period_start         Date32 COMMENT 'first day of the period',
    class                String COMMENT 'methodology (another formula), boundary (other boundaries), withdrawal (became empty), unit_jump (×1000 or ÷1000 within 1 %), late_report (was empty, or coverage rose), correction',
    old_value            Nullable(Float64) COMMENT 'value before, in the unit of the indicator; empty also where the cell is suppressed now',
    new_value            Nullable(Float64) COMMENT 'value after, in the unit of the indicator',
    difference           Nullable(Float64) COMMENT 'new_value - old_value, in the unit of the indicator; empty where one of them is',
    percent              Nullable(Float64) COMMENT 'difference in percent of the size of old_value; empty where that is 0 or empty',
    old_status           {{.Status}} COMMENT 'status before',
    new_status           {{.Status}} COMMENT 'status after',
    old_reason           LowCardinality(String) COMMENT 'why the value before was empty; else empty',
    new_reason           LowCardinality(String) COMMENT 'why the value after is empty; else empty',
    old_coverage         Nullable(Float64) COMMENT 'share of the population that lived where there was data, 0 to 1',
    new_coverage         Nullable(Float64) COMMENT 'share of the population that lives where there is data, 0 to 1',
    old_recorded_at      DateTime64(3, 'UTC') COMMENT 'when the page behind the value before was fetched, UTC',
    new_recorded_at      DateTime64(3, 'UTC') COMMENT 'when the page behind the value after was fetched, UTC',
    old_formula_version  UInt32 COMMENT 'version of the formula before',
    new_formula_version  UInt32 COMMENT 'version of the formula after',
    old_boundary_version LowCardinality(String) COMMENT 'version of the boundaries before',
    new_boundary_version LowCardinality(String) COMMENT 'version of the boundaries after',
    old_source           String COMMENT 'source whose page made the value before, provider.dataset',
    new_source           String COMMENT 'source whose page made the value after, provider.dataset',
    old_run_id           String COMMENT 'pull that brought the page before, see ingest_run',
    new_run_id           String COMMENT 'pull that brought the page after, see ingest_run',
    old_page             UInt32 COMMENT 'page before, within its pull, from 1',
    new_page             UInt32 COMMENT 'page after, within its pull, from 1',
    old_raw_sha256       String COMMENT 'raw object of the page before, 64 hexadecimal digits',
    new_raw_sha256       String COMMENT 'raw object of the page after, 64 hexadecimal digits'
)
AS
SELECT
    changed.indicator AS indicator,
    changed.area AS area,
    changed.level AS level,
    changed.freq AS freq,
    changed.period AS period,
    changed.period_start AS period_start,
    changed.class AS class,
    changed.old_value AS old_value,
    changed.new_value AS new_value,
    changed.new_value - changed.old_value AS difference,
    100 * (changed.new_value - changed.old_value) / nullIf(abs(changed.old_value), 0) AS percent,
    changed.old_status AS old_status,
    changed.status AS new_status,
    changed.before.3 AS old_reason,
    changed.reason AS new_reason,
    changed.before.4 AS old_coverage,
    changed.coverage AS new_coverage,
    changed.before.5 AS old_recorded_at,
    changed.recorded_at AS new_recorded_at,
    changed.before.6 AS old_formula_version,
    changed.formula_version AS new_formula_version,
    changed.before.7 AS old_boundary_version,
    changed.boundary_version AS new_boundary_version,
    before_page.source AS old_source,
    after_page.source AS new_source,
    before_page.run_id AS old_run_id,
    after_page.run_id AS new_run_id,
    before_page.page AS old_page,
    after_page.page AS new_page,
    before_page.raw_sha256 AS old_raw_sha256,
    after_page.raw_sha256 AS new_raw_sha256
FROM
(
    SELECT
        indicator,
        area,
        level,
        freq,
        {{template "period"}} AS period,
        period_start,
        status,
        reason,
        coverage,
        recorded_at,
        formula_version,
        boundary_version,
        raw_seq,
        before,
        before.8 AS old_raw_seq,
        before.2 AS old_status,
        if(status = 'C', NULL, before.1) AS old_value,
        value AS new_value,
        multiIf(
            formula_version != before.6, 'methodology',
            boundary_version != before.7, 'boundary',
            isNull(value) AND isNotNull(before.1), 'withdrawal',
            isNotNull(value) AND isNull(before.1), 'late_report',
            ifNull(value / nullIf(before.1, 0) BETWEEN 990 AND 1010, 0), 'unit_jump',
            ifNull(before.1 / nullIf(value, 0) BETWEEN 990 AND 1010, 0), 'unit_jump',
            ifNull(coverage > before.4, 0), 'late_report',
            'correction') AS class
    FROM
    (
        SELECT
            indicator,
            area,
            level,
            freq,
            period_start,
            value,
            status,
            reason,
            coverage,
            recorded_at,
            formula_version,
            boundary_version,
            raw_seq,
            lagInFrame(tuple(value, status, reason, coverage, recorded_at, formula_version, boundary_version, raw_seq)) OVER history AS before,
            row_number() OVER history AS n
        FROM {{.Database}}.indicator_value
        WINDOW history AS (
            PARTITION BY indicator, area, freq, period_start
            ORDER BY raw_seq
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    )
    WHERE n > 1
        AND (value IS DISTINCT FROM before.1 OR status != before.2 OR formula_version != before.6 OR boundary_version != before.7)
) AS changed
ANY LEFT JOIN
(
    SELECT raw_seq, toString(source) AS source, toString(run_id) AS run_id, page, lower(hex(raw_sha256)) AS raw_sha256
    FROM {{.Database}}.flow
) AS before_page ON before_page.raw_seq = changed.old_raw_seq
ANY LEFT JOIN
(
    SELECT raw_seq, toString(source) AS source, toString(run_id) AS run_id, page, lower(hex(raw_sha256)) AS raw_sha256
    FROM {{.Database}}.flow
) AS after_page ON after_page.raw_seq = changed.raw_seq
COMMENT 'ledger of revisions: each change of a computed cell, by how much, from which page to which, and its class';
