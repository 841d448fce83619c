SELECT count(*)
FROM device_code
WHERE client_id = $1 AND expires_us > $2 AND state = 'waiting'
