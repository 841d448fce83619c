SELECT hour, minutes
FROM service_beat
ORDER BY hour
LIMIT 1
