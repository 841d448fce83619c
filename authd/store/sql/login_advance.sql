UPDATE login
SET stage = $3, sub = COALESCE($4, sub), id_hash = $5, failures = 0
WHERE id_hash = $1 AND stage = $2 AND expires_us > $6
