-- How many rows does each table hold that the sink writes? No parameters; ordered by table.
SELECT
    name,
    ifNull(total_rows, 0) AS rows
FROM system.tables
WHERE database = currentDatabase()
    AND name IN ('observation', 'indicator_value', 'event', 'flow', 'ingest_run', 'dead_letter')
ORDER BY name
