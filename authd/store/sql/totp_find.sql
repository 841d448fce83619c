SELECT id, sub, secret_sealed, last_step, confirmed, failures, locked
FROM totp
WHERE id = $2 AND sub = $1
