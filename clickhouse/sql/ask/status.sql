-- What did each source give, and what became of it? No parameters; ordered by source.
WITH
    pages AS
    (
        SELECT
            source,
            count() AS pages,
            sum(records_in) AS records_in,
            sum(records_used) AS records_used,
            sum(records_skipped) AS records_skipped,
            sum(records_dead) AS records_dead,
            sum(observations) AS observations,
            sum(events) AS events,
            sum(balance) AS balance,
            max(raw_seq) AS last_raw_seq,
            max(recorded_at) AS last_page_at,
            toString(argMax(origin, raw_seq)) AS origin
        FROM flow FINAL
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
            count() AS dead_letters
        FROM dead_letter FINAL
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
    pages.pages AS pages,
    pages.records_in AS records_in,
    pages.records_used AS records_used,
    pages.records_skipped AS records_skipped,
    pages.records_dead AS records_dead,
    pages.observations AS observations,
    pages.events AS events,
    letters.dead_letters AS dead_letters,
    pages.balance AS balance,
    pages.last_raw_seq AS last_raw_seq,
    pages.last_page_at AS last_page_at
FROM
(
    SELECT source FROM pages
    UNION DISTINCT
    SELECT source FROM runs
    UNION DISTINCT
    SELECT source FROM letters
) AS s
LEFT JOIN pages ON pages.source = s.source
LEFT JOIN runs ON runs.source = s.source
LEFT JOIN letters ON letters.source = s.source
ORDER BY source
