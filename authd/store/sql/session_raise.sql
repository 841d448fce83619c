UPDATE session
SET id_hash = $2, acr = $3, amr = $4, auth_us = $5, seen_us = $5
WHERE id_hash = $1 AND log_index IS NOT NULL AND ended_us IS NULL AND expires_us > $5
	AND seen_us + idle_us_limit > $5
