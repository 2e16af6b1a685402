-- Which summaries were sent to whom, newest first? summary String: of this one only, empty for all; area String: of this one
-- only, empty for all; state String: in this state only, empty for all; limit UInt64: how many, 0 for all.
SELECT
    d.summary,
    d.area,
    d.freq,
    d.period_start,
    d.edition,
    d.as_of,
    d.lang,
    d.recipient,
    d.channel,
    d.message_id,
    d.state,
    d.attempt,
    d.sha256,
    d.bytes,
    d.planned_at,
    d.started_at,
    d.ended_at,
    d.retry_at,
    d.error,
    d.resolved,
    d.key,
    r.late,
    r.missing
FROM
(
    SELECT
        toString(summary) AS summary,
        toString(area) AS area,
        toString(freq) AS freq,
        period_start,
        edition,
        as_of,
        toString(lang) AS lang,
        toString(recipient) AS recipient,
        toString(channel) AS channel,
        message_id,
        toString(state) AS state,
        attempt,
        sha256,
        bytes,
        planned_at,
        started_at,
        ended_at,
        retry_at,
        error,
        resolved,
        key
    FROM summary_delivery FINAL
) AS d
LEFT JOIN
(
    SELECT toString(summary) AS summary, toString(area) AS area, toString(freq) AS freq, period_start, edition, late, missing
    FROM summary_run FINAL
) AS r USING (summary, area, freq, period_start, edition)
WHERE ({summary:String} = '' OR summary = {summary:String})
    AND ({area:String} = '' OR area = {area:String})
    AND ({state:String} = '' OR d.state = {state:String})
ORDER BY ifNull(d.ended_at, d.planned_at) DESC, d.key
LIMIT if({limit:UInt64} = 0, 10000000, {limit:UInt64})
