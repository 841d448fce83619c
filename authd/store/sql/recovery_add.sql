INSERT INTO recovery_code (sub, code_hash)
VALUES ($1, $2)
