DELETE FROM device_code
WHERE device_hash IN (SELECT device_hash FROM device_code WHERE expires_us < $1 ORDER BY expires_us LIMIT $2)
