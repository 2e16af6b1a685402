-- By which number does the engine know each table that the sink writes, and the one of the same name that is being built aside?
-- A number stays with the rows when two tables exchange their names. No parameters; ordered by table.
SELECT
    name,
    toString(uuid) AS id,
    comment
FROM system.tables
WHERE database = currentDatabase()
    AND match(name, '^(observation|indicator_value|event|flow|ingest_run|dead_letter)(_rebuild)?$')
ORDER BY name
