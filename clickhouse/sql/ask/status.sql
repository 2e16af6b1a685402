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
            toString(argMax(origin, raw_seq)) AS origin
        FROM flow FINAL
        WHERE replay_of = 0
        GROUP BY source
    ),
    -- The newest two pages that were read: of one that was refused no column is known,
    -- and where there is no page before it nothing has come or gone.
    columns AS
    (
        SELECT
            source,
            groupArraySorted(2)((-toInt64(raw_seq), unknown_columns)) AS newest,
            tupleElement(newest[1], 2) AS unknown_now,
            if(length(newest) > 1, tupleElement(newest[2], 2), unknown_now) AS unknown_before
        FROM flow FINAL
        WHERE replay_of = 0
            AND (records_used + records_skipped > 0 OR notEmpty(unknown_columns))
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
    arrayFilter(x -> NOT has(columns.unknown_before, x), columns.unknown_now) AS columns_added,
    arrayFilter(x -> NOT has(columns.unknown_now, x), columns.unknown_before) AS columns_removed
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
LEFT JOIN columns ON columns.source = s.source
LEFT JOIN runs ON runs.source = s.source
LEFT JOIN letters ON letters.source = s.source
ORDER BY source
