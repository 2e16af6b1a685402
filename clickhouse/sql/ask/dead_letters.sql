-- Which records and pages did not pass, newest first? Each has a number that stays: letters are only added at the end.
-- limit UInt64: how many, 0 for all; source String: of this source only, empty for all; number UInt64: this one only, 0 for all;
-- reason String: for this reason only, empty for all; since DateTime64: refused for the first time at it or later; open Bool: only
-- those that no replay has resolved.
SELECT
    number,
    source,
    run_id,
    page,
    row,
    position,
    field,
    reason,
    found,
    expected,
    mend,
    record,
    raw_seq,
    raw_sha256,
    recorded_at,
    origin,
    contract_version,
    first_seen,
    last_seen,
    times,
    resolved_at,
    resolved_by
FROM
(
    SELECT
        row_number() OVER (ORDER BY first_seq, raw_seq, row, source, field, reason, position) AS number,
        toString(source) AS source,
        toString(run_id) AS run_id,
        page,
        row,
        position,
        field,
        toString(reason) AS reason,
        found,
        expected,
        mend,
        record,
        raw_seq,
        lower(hex(raw_sha256)) AS raw_sha256,
        recorded_at,
        toString(origin) AS origin,
        contract_version,
        first_seen,
        last_seen,
        times,
        ifNull(resolved_at, toDateTime64(0, 3, 'UTC')) AS resolved_at,
        resolved_by
    FROM dead_letter_current
)
WHERE ({source:String} = '' OR source = {source:String})
    AND ({number:UInt64} = 0 OR number = {number:UInt64})
    AND ({reason:String} = '' OR reason = {reason:String})
    AND first_seen >= {since:DateTime64(3, 'UTC')}
    AND (NOT {open:Bool} OR resolved_by = 0)
ORDER BY number DESC
LIMIT if({limit:UInt64} = 0, 10000000, {limit:UInt64})
