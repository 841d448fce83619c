INSERT INTO person (sub, login, kind, status, profile, pseudonym, created_us, event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
