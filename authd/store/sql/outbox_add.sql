INSERT INTO outbox (event_id, target, target_key, fragment, created_us, mandate_id)
VALUES ($1, $2, $3, $4, $5, $6)
