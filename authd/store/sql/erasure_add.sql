INSERT INTO erasure (sub, asked_by, asked_us, state, erasing_event_id, erased_event_id)
VALUES ($1, $2, $3, $4, $5, $6)
