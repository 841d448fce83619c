INSERT INTO person_tag (tag, sub, month)
VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
