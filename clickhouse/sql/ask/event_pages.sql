-- Which pages brought the events of a kind that count: in an area and all below it, of an interval, as known at a time?
-- kind String; area_from, area_to String: codes from … to, both included; from, to DateTime64: from included, to not; as_of
-- DateTime64. Of each event the newest report counts, wherever and whenever it says the event was; none if it withdraws it.
-- Ordered by source, pull, page, raw object.
SELECT
    toString(source) AS source,
    toString(newest.4) AS run_id,
    newest.5 AS page,
    lower(hex(newest.6)) AS raw_sha256,
    count() AS events,
    min(newest.7) AS first_row,
    max(newest.7) AS last_row
FROM
(
    SELECT
        source,
        id,
        argMax(tuple(area, occurred_at, withdrawn, run_id, page, raw_sha256, row), tuple(raw_seq, row)) AS newest
    FROM event
    WHERE kind = {kind:String}
        AND recorded_at <= {as_of:DateTime64(3, 'UTC')}
        AND (source, id) IN
        (
            SELECT
                source,
                id
            FROM event
            WHERE kind = {kind:String}
                AND area BETWEEN {area_from:String} AND {area_to:String}
                AND occurred_at >= {from:DateTime64(3, 'UTC')}
                AND occurred_at < {to:DateTime64(3, 'UTC')}
        )
    GROUP BY
        source,
        id
)
WHERE NOT newest.3
    AND newest.1 BETWEEN {area_from:String} AND {area_to:String}
    AND newest.2 >= {from:DateTime64(3, 'UTC')}
    AND newest.2 < {to:DateTime64(3, 'UTC')}
GROUP BY
    source,
    run_id,
    page,
    raw_sha256
ORDER BY
    source,
    run_id,
    page,
    raw_sha256
