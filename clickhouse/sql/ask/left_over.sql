-- Which tables aside were forgotten by a process that was killed? No parameters; ordered by name.
SELECT name
FROM system.tables
WHERE database = currentDatabase()
    AND match(name, '^[a-z_]+_(next|repeat_[0-9a-f]{16})_[a-z0-9]{12}$')
    AND metadata_modification_time < now() - INTERVAL 1 HOUR
ORDER BY name
