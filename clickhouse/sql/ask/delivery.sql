-- Which page is behind a sequence of the stream RAW?
-- raw_seq UInt64; recorded_at DateTime64: when it was fetched, which names the year that is searched.
SELECT
    toString(source) AS source,
    toString(run_id) AS run_id,
    page,
    lower(hex(raw_sha256)) AS raw_sha256
FROM flow
WHERE raw_seq = {raw_seq:UInt64}
    AND recorded_at = {recorded_at:DateTime64(3, 'UTC')}
LIMIT 1
