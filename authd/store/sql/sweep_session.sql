DELETE FROM session
WHERE id_hash IN (SELECT id_hash FROM session WHERE expires_us < $1 ORDER BY expires_us LIMIT $2)
