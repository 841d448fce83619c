UPDATE device_code
SET used_us = $3
WHERE device_hash = $1 AND client_id = $2 AND state = 'approved' AND used_us IS NULL AND expires_us > $3
	AND log_index IS NOT NULL
RETURNING device_hash, user_hash, client_id, scope, audience, state, interval_us, created_us, expires_us, event_id, sub, sid, acr,
	amr, auth_us, grant_id, polled_us, slowed, used_us, log_index
