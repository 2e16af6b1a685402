-- Which views by theme are there? No parameters; ordered by name.
SELECT name
FROM system.tables
WHERE database = currentDatabase() AND engine = 'View' AND startsWith(name, 'wide_')
ORDER BY name
