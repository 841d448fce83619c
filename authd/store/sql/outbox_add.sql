INSERT INTO outbox (event_id, target, target_key, fragment, created_us)
VALUES ($1, $2, $3, $4, $5)
