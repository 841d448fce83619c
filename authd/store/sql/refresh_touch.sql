UPDATE refresh_token
SET used_us = $3
WHERE handle = $1 AND token_hash = $2 AND log_index IS NOT NULL
