-- Which observations count for a cell: of some series, in an area and all below it, dated in an interval, as known at a time?
-- series Array(String); dims String; area_from, area_to String: codes from … to, both included; first, last String: first days
-- of periods, both included; freqs Array(String): their letters; as_of DateTime64; raw_seq UInt64: the newest page that counts.
-- Ordered by series, area, period, frequency.
SELECT
    toString(series) AS series,
    toString(dims) AS dims,
    toString(area) AS area,
    toString(freq) AS freq,
    period_start,
    toString(newest.1) AS value,
    toString(newest.2) AS status,
    toString(newest.3) AS origin,
    newest.4 AS rank,
    toString(newest.5) AS source,
    newest.6 AS recorded_at,
    newest.7 AS released_at,
    newest.8 AS raw_seq,
    lower(hex(newest.9)) AS raw_sha256,
    toString(newest.10) AS run_id,
    newest.11 AS page,
    newest.12 AS row,
    vintages
FROM
(
    SELECT
        series,
        dims,
        area,
        freq,
        period_start,
        count() AS vintages,
        argMax(
            tuple(value, status, origin, rank, source, recorded_at, released_at, raw_seq, raw_sha256, run_id, page, row),
            tuple(-toInt16(rank), released_at, raw_seq, row)) AS newest
    FROM observation
    WHERE series IN ({series:Array(String)})
        AND dims = {dims:String}
        AND freq IN ({freqs:Array(String)})
        AND area BETWEEN {area_from:String} AND {area_to:String}
        AND period_start BETWEEN toDate32({first:String}) AND toDate32({last:String})
        AND recorded_at <= {as_of:DateTime64(3, 'UTC')}
        AND raw_seq <= {raw_seq:UInt64}
    GROUP BY
        series,
        dims,
        area,
        freq,
        period_start
)
ORDER BY
    series,
    area,
    period_start,
    freq
