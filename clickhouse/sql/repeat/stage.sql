-- A table aside with the columns of {{.Table}}, without rows.
CREATE OR REPLACE TABLE {{.Stage}}
ENGINE = MergeTree
ORDER BY tuple()
EMPTY AS
SELECT
    {{.Columns}}
FROM {{.Table}}
