UPDATE refresh_token
SET token_hash = $3, former_hash = $2, used_us = $4, rotated_us = $4, retries = 0, event_id = $5, log_index = NULL
WHERE handle = $1 AND token_hash = $2 AND log_index IS NOT NULL
