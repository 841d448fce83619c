INSERT INTO question (id, sub, log_index_about, kind, text, state, created_us, answer, answered_us, due_us, event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
