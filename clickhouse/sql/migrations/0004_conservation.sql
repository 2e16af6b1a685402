-- What became of each record: records_in = records_used + records_skipped + records_dead for each page.
CREATE TABLE IF NOT EXISTS flow{{.OnCluster}}
(
    run_id           LowCardinality(String) COMMENT 'pull that brought the page, see ingest_run',
    source           LowCardinality(String) COMMENT 'source, provider.dataset',
    page             UInt32 COMMENT 'page within the pull, from 1',
    records_in       UInt64 COMMENT 'records in the page',
    records_used     UInt64 COMMENT 'records that gave an observation or an event',
    records_skipped  UInt64 COMMENT 'records skipped by a rule of the contract',
    records_dead     UInt64 COMMENT 'records that did not pass the contract, see dead_letter',
    observations     UInt64 COMMENT 'observations made of the records used',
    events           UInt64 COMMENT 'events made of the records used',
    skipped_by_rule  Map(LowCardinality(String), UInt64) COMMENT 'records skipped by name of the rule',
    raw_seq          UInt64 COMMENT 'sequence of the page in the stream RAW',
    raw_sha256       FixedString(32) COMMENT 'sha256 of the raw object, 32 bytes',
    recorded_at      DateTime64(3, 'UTC') COMMENT 'when the page was fetched, UTC',
    origin           {{.Origin}} COMMENT 'real as published, or synthetic as made by auyl simulate',
    contract_version UInt32 COMMENT 'version of the contract of the source',
    balance          Int64 ALIAS toInt64(records_in) - toInt64(records_used) - toInt64(records_skipped) - toInt64(records_dead) COMMENT 'records unaccounted for: always 0'
)
ENGINE = {{.Replacing}}
PARTITION BY toYear(recorded_at)
ORDER BY (source, raw_seq, run_id, page)
SETTINGS {{.Window}}
COMMENT 'one row for each page: what became of its records';

CREATE TABLE IF NOT EXISTS ingest_run{{.OnCluster}}
(
    source      LowCardinality(String) COMMENT 'source, provider.dataset',
    run_id      String COMMENT 'id of the pull',
    started_at  DateTime64(3, 'UTC') COMMENT 'first request, UTC',
    finished_at DateTime64(3, 'UTC') COMMENT 'last answer, UTC',
    status      LowCardinality(String) COMMENT 'ok, unchanged, partial or failed',
    pages       UInt32 COMMENT 'pages stored',
    bytes       UInt64 COMMENT 'bytes stored',
    error       String COMMENT 'what went wrong; empty for ok and unchanged',
    origin      {{.Origin}} COMMENT 'real as published, or synthetic as made by auyl simulate'
)
ENGINE = {{.Replacing}}
PARTITION BY toYear(started_at)
ORDER BY (source, started_at, run_id)
SETTINGS {{.Window}}
COMMENT 'one row for each pull of a source';

CREATE TABLE IF NOT EXISTS dead_letter{{.OnCluster}}
(
    source           LowCardinality(String) COMMENT 'source, provider.dataset',
    run_id           LowCardinality(String) COMMENT 'pull that brought the page, see ingest_run',
    page             UInt32 COMMENT 'page within the pull, from 1',
    row              UInt32 COMMENT 'record within the page, from 1; 0 for the page as a whole',
    position         String COMMENT 'where in the page: line 7, Sheet1!C4, $.[3].periods[0]',
    field            String COMMENT 'field of the contract that did not pass; empty for the record or page as a whole',
    reason           LowCardinality(String) COMMENT 'why, from a closed list: unknown_area, not_a_number, out_of_range, …',
    found            String COMMENT 'what stood there; empty where the contract does not call the field harmless',
    expected         String COMMENT 'what the contract expects',
    mend             String COMMENT 'what to do about it',
    record           String COMMENT 'the harmless fields of the record, cut to a bound',
    raw_seq          UInt64 COMMENT 'sequence of the page in the stream RAW',
    raw_sha256       FixedString(32) COMMENT 'sha256 of the raw object, 32 bytes',
    recorded_at      DateTime64(3, 'UTC') COMMENT 'when the page was fetched, UTC',
    origin           {{.Origin}} COMMENT 'real as published, or synthetic as made by auyl simulate',
    contract_version UInt32 COMMENT 'version of the contract that refused it'
)
ENGINE = {{.Replacing}}
PARTITION BY toYear(recorded_at)
ORDER BY (source, raw_seq, row, field, reason, position)
SETTINGS {{.Window}}
COMMENT 'records and pages that did not pass their contract, with reason, place and mend';
