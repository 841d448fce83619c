-- A try is counted before the password is looked at. While the account waits, none is taken and nothing is counted.
UPDATE password
SET failures = failures + 1
WHERE sub = $1 AND (next_try_us IS NULL OR next_try_us <= $2)
RETURNING failures
