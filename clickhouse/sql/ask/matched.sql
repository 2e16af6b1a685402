-- How many records of a month had an area that the registry knows? Parameters: zone, without (sources that are left out).
-- Ordered by month, the month in which the pages were fetched.
WITH
    pages AS
    (
        SELECT
            formatDateTime(toDateTime(recorded_at, {zone:String}), '%Y-%m') AS month,
            sum(records_in) AS records
        FROM flow FINAL
        WHERE replay_of = 0 AND source NOT IN {without:Array(String)}
        GROUP BY month
    ),
    unknown AS
    (
        SELECT
            formatDateTime(toDateTime(recorded_at, {zone:String}), '%Y-%m') AS month,
            count() AS records
        FROM dead_letter_current
        WHERE reason IN ('unknown_area', 'area_closed', 'area_level') AND source NOT IN {without:Array(String)} AND row > 0
        GROUP BY month
    )
SELECT
    month,
    pages.records AS total,
    pages.records - unknown.records AS matched
FROM pages
LEFT JOIN unknown USING (month)
ORDER BY month
