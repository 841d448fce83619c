DELETE FROM dpop_proof
WHERE (jkt, jti) IN (SELECT jkt, jti FROM dpop_proof WHERE expires_us < $1 ORDER BY expires_us LIMIT $2)
