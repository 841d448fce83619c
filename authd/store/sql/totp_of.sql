SELECT id, sub, secret_sealed, last_step, confirmed, failures, locked
FROM totp
WHERE sub = $1
ORDER BY id
LIMIT 1000
