DELETE FROM code
WHERE code_hash IN (SELECT code_hash FROM code WHERE expires_us < $1 ORDER BY expires_us LIMIT $2)
