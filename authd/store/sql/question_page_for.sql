SELECT id, sub, log_index_about, kind, text, state, created_us, asked_us, due_us, organisation, service, operators,
	follow_ups, answered_us, escalated_us, escalated_why, event_id, log_index
FROM question
WHERE organisation IN ($1, $2) AND ($3 = '' OR service = $3) AND ($4 = '' OR state = $4)
	AND log_index IS NOT NULL AND (created_us, id) < ($5, $6)
ORDER BY created_us DESC, id DESC
LIMIT $7
