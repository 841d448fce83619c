DELETE FROM mandate_token
WHERE jti IN (SELECT jti FROM mandate_token WHERE expires_us <= $1 LIMIT $2)
