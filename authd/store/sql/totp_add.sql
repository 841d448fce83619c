INSERT INTO totp (id, sub, secret_sealed, last_step, confirmed, failures, locked)
VALUES ($1, $2, $3, $4, $5, $6, $7)
