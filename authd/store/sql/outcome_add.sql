INSERT INTO outcome (evaluation_id, sub, outcome, records, by_client, at_us, event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING
