DELETE FROM revoked_token
WHERE jti IN (SELECT jti FROM revoked_token WHERE expires_us < $1 ORDER BY expires_us LIMIT $2)
