-- All vintages of all computed cells. A cell is written again only where something about it changed.
CREATE TABLE IF NOT EXISTS indicator_value{{.OnCluster}}
(
    indicator        LowCardinality(String) COMMENT 'id in table indicator',
    area             LowCardinality(String) COMMENT 'KATO code, nine digits; 000000000 is the country',
    level            {{.Level}} COMMENT 'level of the area',
    freq             {{.Freq}} COMMENT 'frequency: A year, S half-year, Q quarter, M month, W ISO week, D day',
    period_start     Date32 COMMENT 'first day of the period',
    value            Nullable(Float64) COMMENT 'value in the unit of the indicator; empty with a reason, never 0 instead',
    numerator        Nullable(Decimal(18, 4)) COMMENT 'sum over the reporting units, in the unit of the numerator series',
    denominator      Nullable(Decimal(18, 4)) COMMENT 'sum over the reporting units, in the unit of the denominator series; empty where there is none',
    coverage         Nullable(Float64) COMMENT 'share of the population that lives where there is data, 0 to 1',
    status           {{.Status}} COMMENT 'SDMX CL_OBS_STATUS: A normal, B break, C confidential, E estimated (coverage not full), I imputed, M missing, P provisional',
    reason           LowCardinality(String) COMMENT 'why value is empty: no_data, coverage, denominator_zero, …; else empty',
    origin           {{.Origin}} COMMENT 'synthetic as soon as one input is, else real',
    formula_version  UInt32 COMMENT 'version of the formula in the catalogue' CODEC(ZSTD(1)),
    boundary_version LowCardinality(String) COMMENT 'version of the boundaries on the last day of the period',
    recorded_at      DateTime64(3, 'UTC') COMMENT 'when the page that caused the change was fetched, UTC' CODEC(DoubleDelta, ZSTD(1)),
    raw_seq          UInt64 COMMENT 'sequence of that page in the stream RAW: the order of vintages' CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = {{.Replacing}}
PARTITION BY toYear(period_start)
PRIMARY KEY (indicator, freq, area, period_start)
ORDER BY (indicator, freq, area, period_start, raw_seq)
SETTINGS {{.Window}}
COMMENT 'all vintages of all computed cells; indicator_current has the newest of each';
