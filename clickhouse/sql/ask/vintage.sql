-- When was the newest page fetched that changed an indicator, of all that was known at a time?
-- as_of DateTime64.
SELECT max(recorded_at) AS vintage
FROM indicator_value
WHERE recorded_at <= {as_of:DateTime64(3, 'UTC')}
