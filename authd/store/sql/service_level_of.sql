SELECT name, CAST(SUM(count) AS BIGINT)
FROM service_level
WHERE month = $1
GROUP BY name
ORDER BY name
