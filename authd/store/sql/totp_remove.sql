DELETE FROM totp
WHERE id = $2 AND sub = $1
