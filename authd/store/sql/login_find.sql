SELECT id_hash, sub, stage, return_to, csrf_hash, created_us, expires_us, failures
FROM login
WHERE id_hash = $1 AND expires_us > $2
