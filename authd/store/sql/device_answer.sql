UPDATE device_code
SET state = $3, sub = $4, sid = $5, acr = $6, amr = $7, auth_us = $8, grant_id = $9, event_id = $10, log_index = NULL
WHERE user_hash = $1 AND state = 'waiting' AND expires_us > $2 AND log_index IS NOT NULL
