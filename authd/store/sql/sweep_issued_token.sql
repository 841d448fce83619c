DELETE FROM issued_token
WHERE jti IN (SELECT jti FROM issued_token WHERE expires_us < $1 ORDER BY expires_us LIMIT $2)
