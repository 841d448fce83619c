SELECT hour, minutes
FROM service_beat
WHERE hour >= $1 AND hour < $2
ORDER BY hour
