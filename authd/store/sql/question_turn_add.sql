INSERT INTO question_turn (turn_id, question_id, sub, side, author, text, at_us, event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
