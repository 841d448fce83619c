UPDATE totp
SET failures = failures - 1
WHERE id = $1 AND locked = 0 AND failures > 0
