-- What did each source give, and what became of it? No parameters; ordered by source.
WITH
    accounts AS
    (
        SELECT
            source,
            pages,
            records_in,
            records_used,
            records_skipped,
            records_dead,
            observations,
            events,
            balance
        FROM conservation
    ),
    pages AS
    (
        SELECT
            source,
            max(raw_seq) AS last_raw_seq,
            max(recorded_at) AS last_page_at,
            argMax(records_in, raw_seq) AS last_records,
            argMax(unknown_columns, raw_seq) AS unknown_columns,
            toString(argMax(origin, raw_seq)) AS origin
        FROM flow FINAL
        WHERE replay_of = 0
        GROUP BY source
    ),
    before AS
    (
        SELECT
            source,
            argMax(unknown_columns, raw_seq) AS unknown_columns
        FROM flow FINAL
        WHERE replay_of = 0
            AND (source, raw_seq) NOT IN
            (
                SELECT
                    source,
                    max(raw_seq)
                FROM flow
                WHERE replay_of = 0
                GROUP BY source
            )
        GROUP BY source
    ),
    runs AS
    (
        SELECT
            source,
            count() AS runs,
            argMax(run_id, started_at) AS last_run_id,
            max(started_at) AS last_started_at,
            argMax(finished_at, started_at) AS last_finished_at,
            toString(argMax(status, started_at)) AS last_status,
            argMax(error, started_at) AS last_error,
            toString(argMax(origin, started_at)) AS origin
        FROM ingest_run FINAL
        GROUP BY source
    ),
    letters AS
    (
        SELECT
            source,
            countIf(resolved_by = 0) AS dead_letters
        FROM dead_letter_current
        GROUP BY source
    )
SELECT
    toString(s.source) AS source,
    if(pages.origin != '', pages.origin, runs.origin) AS origin,
    runs.runs AS runs,
    runs.last_run_id AS last_run_id,
    runs.last_started_at AS last_started_at,
    runs.last_finished_at AS last_finished_at,
    runs.last_status AS last_status,
    runs.last_error AS last_error,
    accounts.pages AS pages,
    accounts.records_in AS records_in,
    accounts.records_used AS records_used,
    accounts.records_skipped AS records_skipped,
    accounts.records_dead AS records_dead,
    accounts.observations AS observations,
    accounts.events AS events,
    letters.dead_letters AS dead_letters,
    accounts.balance AS balance,
    pages.last_raw_seq AS last_raw_seq,
    pages.last_page_at AS last_page_at,
    pages.last_records AS last_records,
    arrayFilter(x -> NOT has(before.unknown_columns, x), pages.unknown_columns) AS columns_added,
    arrayFilter(x -> NOT has(pages.unknown_columns, x), before.unknown_columns) AS columns_removed
FROM
(
    SELECT source FROM pages
    UNION DISTINCT
    SELECT source FROM runs
    UNION DISTINCT
    SELECT source FROM letters
) AS s
LEFT JOIN accounts ON accounts.source = s.source
LEFT JOIN pages ON pages.source = s.source
LEFT JOIN before ON before.source = s.source
LEFT JOIN runs ON runs.source = s.source
LEFT JOIN letters ON letters.source = s.source
ORDER BY source
