-- What readers do not see: series that count persons in sensitive indicators, and what was shown of a cell before it was
-- suppressed. Row policies of the engine's reader use both; the owner sees all.
ALTER TABLE series{{.OnCluster}} ADD COLUMN IF NOT EXISTS sensitive Bool COMMENT 'true where it counts persons in a sensitive indicator: its observations are not for readers';

CREATE TABLE IF NOT EXISTS guarded_vintage{{.OnCluster}}
(
    indicator    LowCardinality(String) COMMENT 'id in table indicator; sensitive ones alone',
    area         LowCardinality(String) COMMENT 'KATO code, nine digits',
    freq         {{.Freq}} COMMENT 'frequency, one letter',
    period_start Date32 COMMENT 'first day of the period',
    raw_seq      UInt64 COMMENT 'sequence of the page in the stream RAW: the order of vintages',
    suppressed   Bool COMMENT 'true where the vintage is suppressed, false where it was shown'
)
ENGINE = {{.Replacing}}
ORDER BY (indicator, freq, area, period_start, raw_seq)
COMMENT 'which vintages of cells of sensitive indicators were shown and which were suppressed, without figures';

CREATE MATERIALIZED VIEW IF NOT EXISTS guarded_vintage_fill{{.OnCluster}} TO {{.Database}}.guarded_vintage
(
    indicator    LowCardinality(String) COMMENT 'id in table indicator',
    area         LowCardinality(String) COMMENT 'KATO code, nine digits',
    freq         {{.Freq}} COMMENT 'frequency, one letter',
    period_start Date32 COMMENT 'first day of the period',
    raw_seq      UInt64 COMMENT 'sequence of the page in the stream RAW',
    suppressed   Bool COMMENT 'true where the vintage is suppressed'
)
AS
SELECT
    indicator,
    area,
    freq,
    period_start,
    raw_seq,
    status = 'C' AND startsWith(reason, 'disclosure_') AS suppressed
FROM {{.Database}}.indicator_value
WHERE indicator IN (SELECT indicator FROM {{.Database}}.indicator WHERE sensitive)
COMMENT 'fills guarded_vintage as rows come into indicator_value';

CREATE VIEW IF NOT EXISTS hidden_vintage{{.OnCluster}}
(
    indicator    LowCardinality(String) COMMENT 'id in table indicator',
    area         LowCardinality(String) COMMENT 'KATO code, nine digits',
    freq         {{.Freq}} COMMENT 'frequency, one letter',
    period_start Date32 COMMENT 'first day of the period',
    raw_seq      UInt64 COMMENT 'sequence of the page in the stream RAW'
)
AS
SELECT
    indicator,
    area,
    freq,
    period_start,
    arrayJoin(arrayFilter(seq -> seq < last, shown)) AS raw_seq
FROM
(
    SELECT
        indicator,
        area,
        freq,
        period_start,
        groupArrayIf(raw_seq, NOT suppressed) AS shown,
        maxIf(raw_seq, suppressed) AS last
    FROM {{.Database}}.guarded_vintage
    GROUP BY
        indicator,
        area,
        freq,
        period_start
    HAVING last > 0
)
COMMENT 'vintages that were shown before their cell was suppressed: readers see them no more';
