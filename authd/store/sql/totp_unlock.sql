UPDATE totp
SET failures = 0, locked = 0
WHERE sub = $1
