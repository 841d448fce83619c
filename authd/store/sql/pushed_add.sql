INSERT INTO pushed_request (id_hash, client_id, params, dpop_jkt, created_us, expires_us)
VALUES ($1, $2, $3, $4, $5, $6)
