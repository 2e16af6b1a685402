-- How many rows does a table have, and what is a number that depends on all that they say and not on how they lie?
-- table Identifier. One row.
SELECT
    count() AS rows,
    -- Without a row the hash of one may count as unknown, and so may its sum.
    toUInt64(ifNull(sum(cityHash64(*)), 0)) AS fingerprint
FROM {table:Identifier} FINAL
