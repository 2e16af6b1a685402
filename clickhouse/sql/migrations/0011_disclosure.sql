-- What readers do not see: series that count persons in sensitive indicators, and what was shown of cells before one beside
-- them was suppressed, for an older total less older parts gives it away. Row policies of the engine's reader use both, and
-- keep guarded_vintage from readers; the owner sees all.
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

CREATE VIEW IF NOT EXISTS shown_vintage{{.OnCluster}}
(
    indicator    LowCardinality(String) COMMENT 'id in table indicator',
    area         LowCardinality(String) COMMENT 'KATO code, nine digits',
    freq         {{.Freq}} COMMENT 'frequency, one letter',
    period_start Date32 COMMENT 'first day of the period',
    raw_seq      UInt64 COMMENT 'sequence of the page in the stream RAW: of the newest vintage alone'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
SELECT
    indicator,
    area,
    freq,
    period_start,
    max(raw_seq) AS raw_seq
FROM {{.Database}}.guarded_vintage
WHERE (indicator, freq, period_start, substring(area, 1, 2)) IN
(
    SELECT
        indicator,
        freq,
        period_start,
        arrayJoin([substring(area, 1, 2), '00']) AS oblast
    FROM {{.Database}}.guarded_vintage
    WHERE suppressed
)
GROUP BY
    indicator,
    area,
    freq,
    period_start
COMMENT 'newest vintage of each cell of an indicator, period and oblast in which any cell was ever suppressed: readers see no other of these';
