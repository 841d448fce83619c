SELECT id, sub, log_index_about, kind, text, state, created_us, answer, answered_us, due_us, event_id, log_index
FROM question
WHERE id = $1 AND ($2 = '' OR sub = $2)
