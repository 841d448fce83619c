INSERT INTO national_id (hash, sub, asked_us)
VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
