-- What of summaries was made and sent, for readers. The truth is the ledger in NATS, whose entries are written here again and
-- again; the newest revision of each counts, so read with FINAL.
CREATE TABLE IF NOT EXISTS summary_run{{.OnCluster}}
(
    summary      LowCardinality(String) COMMENT 'id of the summary, schemas/summaries',
    version      UInt32 COMMENT 'version of its declaration',
    area         LowCardinality(String) COMMENT 'KATO code, nine digits',
    freq         {{.Freq}} COMMENT 'frequency of the period: A year, S half-year, Q quarter, M month, W ISO week, D day',
    period_start Date32 COMMENT 'first day of the period',
    edition      String COMMENT 'empty for the run of the schedule; else the vintage of one made by hand, ms since 1970',
    state        LowCardinality(String) COMMENT 'waiting for data, open (being sent), done, or skipped (missed, and a later one was sent)',
    due_at       DateTime64(3, 'UTC') COMMENT 'when the schedule wanted it, UTC',
    deadline     Nullable(DateTime64(3, 'UTC')) COMMENT 'until when it waits for data, UTC; empty where it waits for none',
    opened_at    Nullable(DateTime64(3, 'UTC')) COMMENT 'when its vintage was fixed, UTC; empty before',
    as_of        Nullable(DateTime64(3, 'UTC')) COMMENT 'its vintage: nothing that was learnt later is in it, UTC; empty before it is fixed',
    ended_at     Nullable(DateTime64(3, 'UTC')) COMMENT 'when its last delivery came to an end, UTC; empty before',
    late         Bool COMMENT 'opened long after it could have been, which is said at its top',
    missing      Array(String) COMMENT 'what had not come at the deadline, which is said at its top',
    revision     UInt64 COMMENT 'of the entry in the ledger: the highest counts'
)
ENGINE = {{.Replacing}}(revision)
PARTITION BY toYear(period_start)
ORDER BY (summary, area, freq, period_start, edition)
SETTINGS {{.Window}}
COMMENT 'one row for each run of a summary; read with FINAL';

CREATE TABLE IF NOT EXISTS summary_delivery{{.OnCluster}}
(
    summary      LowCardinality(String) COMMENT 'id of the summary, schemas/summaries',
    area         LowCardinality(String) COMMENT 'KATO code, nine digits',
    freq         {{.Freq}} COMMENT 'frequency of the period: A year, S half-year, Q quarter, M month, W ISO week, D day',
    period_start Date32 COMMENT 'first day of the period',
    edition      String COMMENT 'as in summary_run',
    as_of        DateTime64(3, 'UTC') COMMENT 'vintage of what was sent, UTC',
    lang         LowCardinality(String) COMMENT 'language: kk, ru or en',
    recipient    LowCardinality(String) COMMENT 'label of the recipient in the configuration, never an address',
    channel      LowCardinality(String) COMMENT 'name of the channel in the configuration',
    message_id   String COMMENT 'stable for run, language and recipient; what a mail server has in its log',
    state        LowCardinality(String) COMMENT 'planned, sending, sent, failed or uncertain (nobody can tell; a person decides)',
    attempt      UInt32 COMMENT 'attempts so far',
    sha256       String COMMENT 'of what was sent, hexadecimal; empty before the first attempt',
    bytes        UInt64 COMMENT 'size of what was sent, bytes',
    planned_at   DateTime64(3, 'UTC') COMMENT 'when it was planned, UTC',
    started_at   Nullable(DateTime64(3, 'UTC')) COMMENT 'begin of the last attempt, UTC; empty before it',
    ended_at     Nullable(DateTime64(3, 'UTC')) COMMENT 'end of the last attempt, UTC; empty before it',
    retry_at     Nullable(DateTime64(3, 'UTC')) COMMENT 'when a failed one is tried again, UTC; empty for never',
    error        String COMMENT 'why it failed or is uncertain, without addresses; else empty',
    resolved     Bool COMMENT 'a person decided on it',
    revision     UInt64 COMMENT 'of the entry in the ledger: the highest counts',
    key          String COMMENT 'of the entry in the ledger, for auyl summary send --resolve'
)
ENGINE = {{.Replacing}}(revision)
PARTITION BY toYear(period_start)
ORDER BY (summary, area, freq, period_start, edition, lang, key)
SETTINGS {{.Window}}
COMMENT 'one row for each summary on its way to one recipient in one language; read with FINAL';
