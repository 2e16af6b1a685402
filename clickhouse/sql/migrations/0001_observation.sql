-- All vintages of all values that sources gave. One row is one record of one raw page. A repeated insert is dropped by its
-- token; the key, which ends in the record itself, is the last guard. A revision is another row and replaces nothing.
-- The columns that a page shares cost next to nothing on disk: they are sorted in runs and compressed.
CREATE TABLE IF NOT EXISTS observation{{.OnCluster}}
(
    series       LowCardinality(String) COMMENT 'what is measured, id in table series',
    dims         LowCardinality(String) COMMENT 'dimensions as name=value;name=value sorted by name, empty for the total',
    area         LowCardinality(String) COMMENT 'KATO code, nine digits; 000000000 is the country',
    freq         {{.Freq}} COMMENT 'frequency: A year, S half-year, Q quarter, M month, W ISO week, D day (stocks are dated by day)',
    period_start Date32 COMMENT 'first day of the period',
    value        Nullable(Decimal(18, 4)) COMMENT 'value in the unit of the series; empty for status M and C, never 0 instead',
    status       {{.Status}} COMMENT 'SDMX CL_OBS_STATUS: A normal, B break, C confidential, E estimated, I imputed, M missing, P provisional',
    origin       {{.Origin}} COMMENT 'real as published, or synthetic as made by auyl simulate',
    rank         UInt8 COMMENT 'precedence of the source, the smaller wins: 1 official, 2 administrative, 3 self-reported, 4 press, 9 synthetic',
    source       LowCardinality(String) COMMENT 'source, provider.dataset',
    recorded_at  DateTime64(3, 'UTC') COMMENT 'when the page was fetched, UTC' CODEC(DoubleDelta, ZSTD(1)),
    released_at  DateTime64(3, 'UTC') COMMENT 'when the source published it, UTC; recorded_at where it does not say' CODEC(DoubleDelta, ZSTD(1)),
    raw_seq      UInt64 COMMENT 'sequence of the page in the stream RAW: the order of vintages' CODEC(DoubleDelta, ZSTD(1)),
    raw_sha256   LowCardinality(FixedString(32)) COMMENT 'sha256 of the raw object, 32 bytes; lower(hex(raw_sha256)) is its name in the archive',
    run_id       LowCardinality(String) COMMENT 'pull that brought the page, see ingest_run',
    page         UInt32 COMMENT 'page within the pull, from 1' CODEC(ZSTD(1)),
    row          UInt32 COMMENT 'record within the page, from 1' CODEC(Delta, ZSTD(1))
)
ENGINE = {{.Replacing}}
PARTITION BY toYear(period_start)
PRIMARY KEY (series, freq, area, period_start)
ORDER BY (series, freq, area, period_start, dims, raw_seq, row)
SETTINGS {{.Window}}
COMMENT 'all vintages of all values that sources gave; observation_current has the newest of each';
