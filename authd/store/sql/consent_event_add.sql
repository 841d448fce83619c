INSERT INTO consent_event (record_id, seq, state, at_us, by_id, event_id, log_index, leaf, method, acr)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
