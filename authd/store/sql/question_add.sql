INSERT INTO question (id, sub, log_index_about, kind, text, state, created_us, asked_us, due_us, organisation, service,
	operators, follow_ups, answered_us, escalated_us, escalated_why, event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
