DELETE FROM question
WHERE sub = $1
