-- Which areas have a cell that is suppressed: of an indicator and a period, an area and all below it, as known with a page?
-- indicator, freq, start, area_from, area_to String; raw_seq UInt64: the newest page that counts. Ordered by area.
SELECT area
FROM
(
    SELECT
        toString(area) AS area,
        argMax(status, raw_seq) AS last
    FROM indicator_value
    WHERE indicator = {indicator:String}
        AND freq = {freq:String}
        AND indicator_value.area BETWEEN {area_from:String} AND {area_to:String}
        AND period_start = toDate32({start:String})
        AND raw_seq <= {raw_seq:UInt64}
    GROUP BY area
)
WHERE last = 'C'
ORDER BY area
