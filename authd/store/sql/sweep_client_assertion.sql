DELETE FROM client_assertion
WHERE (client_id, jti) IN (SELECT client_id, jti FROM client_assertion WHERE expires_us < $1 ORDER BY expires_us LIMIT $2)
