-- Events, never persons. A later report about an event is another row with a larger raw_seq.
CREATE TABLE IF NOT EXISTS event{{.OnCluster}}
(
    kind        LowCardinality(String) COMMENT 'kind of event, such as ambulance_call',
    area        LowCardinality(String) COMMENT 'KATO code of the place, nine digits',
    occurred_at DateTime64(3, 'UTC') COMMENT 'when it happened, UTC' CODEC(DoubleDelta, ZSTD(1)),
    reported_at DateTime64(3, 'UTC') COMMENT 'when it was reported, UTC' CODEC(DoubleDelta, ZSTD(1)),
    source      LowCardinality(String) COMMENT 'source, provider.dataset',
    id          String COMMENT 'id within the source; a keyed hash where the number of the source could identify somebody' CODEC(ZSTD(1)),
    withdrawn   Bool COMMENT 'true where the source took the event back',
    attributes  Map(LowCardinality(String), Decimal(18, 4)) COMMENT 'measures of the event by name, such as arrival_seconds',
    origin      {{.Origin}} COMMENT 'real as published, or synthetic as made by auyl simulate',
    recorded_at DateTime64(3, 'UTC') COMMENT 'when the page was fetched, UTC' CODEC(DoubleDelta, ZSTD(1)),
    raw_seq     UInt64 COMMENT 'sequence of the page in the stream RAW: the order of vintages' CODEC(DoubleDelta, ZSTD(1)),
    raw_sha256  LowCardinality(FixedString(32)) COMMENT 'sha256 of the raw object, 32 bytes',
    run_id      LowCardinality(String) COMMENT 'pull that brought the page, see ingest_run',
    page        UInt32 COMMENT 'page within the pull, from 1' CODEC(ZSTD(1)),
    row         UInt32 COMMENT 'record within the page, from 1' CODEC(Delta, ZSTD(1))
)
ENGINE = {{.Replacing}}
PARTITION BY toYear(occurred_at)
PRIMARY KEY (kind, area, occurred_at)
ORDER BY (kind, area, occurred_at, source, id, raw_seq, row)
SETTINGS {{.Window}}
COMMENT 'all reports of events (no persons); event_current has the newest of each';
