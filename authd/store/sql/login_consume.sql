DELETE FROM login
WHERE id_hash = $1 AND stage = $2 AND expires_us > $3
RETURNING id_hash, sub, stage, return_to, csrf_hash, created_us, expires_us, failures
