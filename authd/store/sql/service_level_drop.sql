DELETE FROM service_level
WHERE month <= $1
