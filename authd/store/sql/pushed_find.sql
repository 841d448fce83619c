SELECT id_hash, client_id, params, dpop_jkt, created_us, expires_us, used_us
FROM pushed_request
WHERE id_hash = $1 AND client_id = $2 AND used_us IS NULL AND expires_us > $3
