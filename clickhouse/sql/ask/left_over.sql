-- Which tables aside were forgotten by a process that was killed? No parameters; ordered by name.
SELECT name
FROM system.tables
WHERE database = currentDatabase()
    AND match(name, '^[a-z_]+_(repeat|next)_[a-z0-9]{12}$')
    AND metadata_modification_time < now() - INTERVAL 1 HOUR
ORDER BY name
