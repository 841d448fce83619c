SELECT id, sub, log_index_about, kind, text, state, created_us, asked_us, due_us, organisation, service, operators,
	follow_ups, answered_us, escalated_us, escalated_why, event_id, log_index
FROM question
WHERE state IN ('open', 'in_work') AND due_us <= $1 AND log_index IS NOT NULL
ORDER BY due_us
LIMIT $2
