SELECT device_hash, user_hash, client_id, scope, audience, state, interval_us, created_us, expires_us, event_id, sub, sid, acr,
	amr, auth_us, grant_id, polled_us, slowed, used_us, log_index
FROM device_code
WHERE device_hash = $1
