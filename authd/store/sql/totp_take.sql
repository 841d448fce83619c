-- RFC 6238 5.2: a code is accepted once. The step only rises, so of two that try the same one wins.
UPDATE totp
SET last_step = $2, failures = 0
WHERE id = $1 AND last_step < $2 AND locked = 0
