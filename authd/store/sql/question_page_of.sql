SELECT id, sub, log_index_about, kind, text, state, created_us, asked_us, due_us, organisation, service, operators,
	follow_ups, answered_us, escalated_us, escalated_why, event_id, log_index
FROM question
WHERE sub = $1 AND ($2 = '' OR state = $2) AND (created_us, id) < ($3, $4)
ORDER BY created_us DESC, id DESC
LIMIT $5
