-- Which migrations were applied, each with the hash of its text? No parameters; ordered by version.
SELECT
    version,
    any(sha256) AS sha256
FROM schema_migration
GROUP BY version
ORDER BY version
