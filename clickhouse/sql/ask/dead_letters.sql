-- Which records and pages did not pass, newest first? Each has a number that stays: letters are only added at the end.
-- limit UInt64: how many, 0 for all; source String: of this source only, empty for all; number UInt64: this one only, 0 for all.
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
    lower(hex(raw_sha256)) AS raw_sha256,
    recorded_at,
    origin,
    contract_version
FROM
(
    SELECT
        row_number() OVER (ORDER BY raw_seq, row, source, field, reason, position) AS number,
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
        raw_sha256,
        recorded_at,
        toString(origin) AS origin,
        contract_version
    FROM dead_letter FINAL
)
WHERE ({source:String} = '' OR source = {source:String})
    AND ({number:UInt64} = 0 OR number = {number:UInt64})
ORDER BY number DESC
LIMIT if({limit:UInt64} = 0, 1000000, {limit:UInt64})
