INSERT INTO login (id_hash, sub, stage, return_to, csrf_hash, created_us, expires_us, failures)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
