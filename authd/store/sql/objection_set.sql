INSERT INTO objection (sub, purpose, category, since_us)
VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING
