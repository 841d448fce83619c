SELECT turn_id, question_id, sub, side, author, text, at_us, event_id, log_index
FROM question_turn
WHERE question_id = $1
ORDER BY at_us, turn_id
LIMIT $2
