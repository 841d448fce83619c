SELECT id, sub, log_index_about, kind, text, state, created_us, answer, answered_us, due_us, event_id, log_index
FROM question
WHERE ($1 = '' OR state = $1) AND (created_us, id) < ($2, $3)
ORDER BY created_us DESC, id DESC
LIMIT $4
