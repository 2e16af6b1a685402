-- Dead letters that were decoded again after their contract was mended. Each time that a record is looked at is a row of its
-- own, as each vintage of a value is: which of two rows stands never depends on the order in which they were inserted.
ALTER TABLE dead_letter{{.OnCluster}}
    ADD COLUMN IF NOT EXISTS replay_seq UInt64 COMMENT 'sequence in the stream RAW of the replay that looked at the record again; 0 when the page came',
    MODIFY ORDER BY (source, raw_seq, row, field, reason, position, replay_seq);

ALTER TABLE dead_letter{{.OnCluster}}
    ADD COLUMN IF NOT EXISTS seen_at DateTime64(3, 'UTC') DEFAULT recorded_at COMMENT 'when the record was looked at, UTC: when the page was fetched, or when the replay was asked for',
    ADD COLUMN IF NOT EXISTS resolved_by UInt32 COMMENT 'version of the contract under which the record is no longer refused for this; 0 while it is';

ALTER TABLE flow{{.OnCluster}}
    ADD COLUMN IF NOT EXISTS unknown_columns Array(String) COMMENT 'columns of the page that the contract does not name; they were dropped',
    ADD COLUMN IF NOT EXISTS replay_of UInt64 COMMENT 'of a replay: raw_seq of the page whose dead letters it took up; 0 for a page',
    ADD COLUMN IF NOT EXISTS retried UInt64 COMMENT 'of a replay: records that an earlier row counts as dead and this row counts anew';

CREATE VIEW IF NOT EXISTS dead_letter_current{{.OnCluster}}
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
    contract_version UInt32 COMMENT 'version of the contract that refused it last',
    first_seq        UInt64 COMMENT 'sequence in the stream RAW of the page or replay at which the letter was written first',
    first_seen       DateTime64(3, 'UTC') COMMENT 'when it was refused for the first time, UTC',
    last_seen        DateTime64(3, 'UTC') COMMENT 'when it was refused for the last time, UTC',
    times            UInt64 COMMENT 'how often it was refused: once, and once more for each replay in vain',
    resolved_at      Nullable(DateTime64(3, 'UTC')) COMMENT 'when a replay found it to pass, UTC; empty while it is open',
    resolved_by      UInt32 COMMENT 'version of the contract under which it passed; 0 while it is open'
)
AS
SELECT
    source,
    refused.1 AS run_id,
    refused.2 AS page,
    row,
    position,
    field,
    reason,
    refused.3 AS found,
    refused.4 AS expected,
    refused.5 AS mend,
    refused.6 AS record,
    raw_seq,
    refused.7 AS raw_sha256,
    refused.8 AS recorded_at,
    refused.9 AS origin,
    refused.10 AS contract_version,
    if(oldest.1 = 0, raw_seq, oldest.1) AS first_seq,
    oldest.2 AS first_seen,
    refused.11 AS last_seen,
    times,
    if(newest.1 = 0, NULL, newest.2) AS resolved_at,
    newest.1 AS resolved_by
FROM
(
    SELECT
        source,
        raw_seq,
        row,
        field,
        reason,
        position,
        argMaxIf(
            tuple(run_id, page, found, expected, mend, record, raw_sha256, recorded_at, origin, contract_version, seen_at),
            replay_seq,
            resolved_by = 0) AS refused,
        min(tuple(replay_seq, seen_at)) AS oldest,
        uniqExactIf(replay_seq, resolved_by = 0) AS times,
        argMax(tuple(resolved_by, seen_at), replay_seq) AS newest
    FROM {{.Database}}.dead_letter
    GROUP BY
        source,
        raw_seq,
        row,
        field,
        reason,
        position
)
COMMENT 'each dead letter once, with how often it was refused and whether a replay has resolved it';

CREATE VIEW IF NOT EXISTS conservation{{.OnCluster}}
(
    source          LowCardinality(String) COMMENT 'source, provider.dataset',
    pages           UInt64 COMMENT 'pages that were decoded',
    replays         UInt64 COMMENT 'times that dead letters of a page were decoded again',
    records_in      UInt64 COMMENT 'records that came in, each once, however often it was decoded again',
    records_used    UInt64 COMMENT 'records that gave an observation or an event',
    records_skipped UInt64 COMMENT 'records skipped by a rule of the contract',
    records_dead    UInt64 COMMENT 'records that are dead now: those that a replay has resolved are not',
    observations    UInt64 COMMENT 'observations made of the records used',
    events          UInt64 COMMENT 'events made of the records used',
    balance         Int64 COMMENT 'records unaccounted for: always 0'
)
AS
SELECT
    source,
    pages_read AS pages,
    replays_read AS replays,
    toUInt64(came_in - taken_up) AS records_in,
    used AS records_used,
    skipped AS records_skipped,
    toUInt64(died - taken_up) AS records_dead,
    observations_made AS observations,
    events_made AS events,
    toInt64(came_in - taken_up) - toInt64(used) - toInt64(skipped) - toInt64(died - taken_up) AS balance
FROM
(
    SELECT
        source,
        countIf(replay_of = 0) AS pages_read,
        countIf(replay_of != 0) AS replays_read,
        toInt64(sum(records_in)) AS came_in,
        sum(records_used) AS used,
        sum(records_skipped) AS skipped,
        toInt64(sum(records_dead)) AS died,
        toInt64(sum(retried)) AS taken_up,
        sum(observations) AS observations_made,
        sum(events) AS events_made
    FROM {{.Database}}.flow FINAL
    GROUP BY source
)
COMMENT 'what became of the records of each source: in = used + skipped + dead, replays included';
