DELETE FROM login
WHERE id_hash IN (SELECT id_hash FROM login WHERE expires_us < $1 ORDER BY expires_us LIMIT $2)
