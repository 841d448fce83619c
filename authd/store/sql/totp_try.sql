-- A try is counted before the code is looked at, so that many at once are no more than a few one after the other.
UPDATE totp
SET failures = failures + 1
WHERE id = $1 AND locked = 0 AND failures < $2
RETURNING failures
