INSERT INTO decoy_tag (tag, expires_us)
VALUES ($1, $2)
ON CONFLICT DO NOTHING
