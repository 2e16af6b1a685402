-- How many rows does a table have, and what is a number that depends on all that they say and not on how they lie?
-- table Identifier. One row.
SELECT
    count() AS rows,
    sum(cityHash64(*)) AS fingerprint
FROM {table:Identifier} FINAL
