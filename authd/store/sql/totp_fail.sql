UPDATE totp
SET failures = failures + 1, locked = CASE WHEN failures + 1 >= $2 THEN 1 ELSE locked END
WHERE id = $1
RETURNING failures, locked
