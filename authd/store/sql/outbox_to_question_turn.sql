UPDATE question_turn
SET log_index = $3
WHERE turn_id = $1 AND event_id = $2 AND log_index IS NULL
