INSERT INTO inbox (message_id, sub, kind, refs, created_us)
VALUES ($1, $2, $3, $4, $5)
