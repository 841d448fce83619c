DELETE FROM question_turn
WHERE sub = $1
