-- By which columns is a row of a table known, and which of them does its index have? table String.
SELECT
    sorting_key,
    primary_key
FROM system.tables
WHERE database = currentDatabase()
    AND name = {table:String}
