SELECT grant_id
FROM issued_token
WHERE jti = $1
