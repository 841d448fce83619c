UPDATE totp
SET confirmed = 1
WHERE id = $2 AND sub = $1 AND confirmed = 0
