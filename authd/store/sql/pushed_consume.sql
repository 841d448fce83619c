UPDATE pushed_request
SET used_us = $3
WHERE id_hash = $1 AND client_id = $2 AND used_us IS NULL AND expires_us > $3
