DELETE FROM totp
WHERE sub = $1
