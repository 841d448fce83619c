-- RFC 8628 3.5: asking too soon makes the pause longer for good.
UPDATE device_code
SET slowed = CASE WHEN polled_us + interval_us > $3 THEN 1 ELSE 0 END,
	interval_us = CASE WHEN polled_us + interval_us > $3 THEN interval_us + $4 ELSE interval_us END,
	polled_us = $3
WHERE device_hash = $1 AND client_id = $2
RETURNING device_hash, user_hash, client_id, scope, audience, state, interval_us, created_us, expires_us, event_id, sub, sid, acr,
	amr, auth_us, grant_id, polled_us, slowed, used_us, log_index
