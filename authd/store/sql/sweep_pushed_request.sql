DELETE FROM pushed_request
WHERE id_hash IN (SELECT id_hash FROM pushed_request WHERE expires_us < $1 ORDER BY expires_us LIMIT $2)
