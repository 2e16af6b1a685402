-- Which rows that were put aside does {{.Table}} not have? They are stored. A row is known by its natural key, and only the
-- part of the table is looked at that the primary key and the order of vintages leave.
INSERT INTO {{.Table}}
(
    {{.Columns}}
)
SELECT
    {{.Columns}}
FROM {{.Stage}}
WHERE ({{.Key}}) NOT IN
(
    SELECT
        {{.Key}}
    FROM {{.Table}}
    WHERE ({{.Primary}}) IN (SELECT {{.Primary}} FROM {{.Stage}})
)
SETTINGS insert_deduplicate = 0, throw_on_max_partitions_per_insert_block = 0, optimize_on_insert = 0
