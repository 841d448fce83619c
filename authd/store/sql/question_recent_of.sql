SELECT count(*)
FROM question
WHERE sub = $1 AND created_us > $2
