-- Which deliveries were held back, newest first, and what was decided?
-- source String: of this source only, empty for all; waiting Bool: only those that nobody has decided on; delivery String: this one
-- only, a pull with or without its page, empty for all.
SELECT
    toString(source) AS source,
    delivery,
    toString(run_id) AS run_id,
    page,
    raw_seq,
    lower(hex(raw_sha256)) AS raw_sha256,
    recorded_at,
    toString(origin) AS origin,
    reasons,
    found,
    toString(state) AS state,
    decided_by,
    decided_why,
    ifNull(decided_at, toDateTime64(0, 3, 'UTC')) AS decided_at
FROM held_delivery
WHERE ({source:String} = '' OR source = {source:String})
    AND (NOT {waiting:Bool} OR state = 'waiting')
    AND ({delivery:String} = '' OR delivery = {delivery:String} OR run_id = {delivery:String})
ORDER BY raw_seq DESC
