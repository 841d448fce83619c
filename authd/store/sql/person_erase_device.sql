DELETE FROM device_code
WHERE sub = $1
