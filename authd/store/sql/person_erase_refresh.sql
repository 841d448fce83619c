DELETE FROM refresh_token
WHERE sub = $1
