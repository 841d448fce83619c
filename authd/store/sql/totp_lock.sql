UPDATE totp
SET locked = 1
WHERE id = $1 AND locked = 0 AND failures >= $2
