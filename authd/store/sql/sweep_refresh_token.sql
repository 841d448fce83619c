DELETE FROM refresh_token
WHERE handle IN (SELECT handle FROM refresh_token WHERE expires_us < $1 ORDER BY expires_us LIMIT $2)
