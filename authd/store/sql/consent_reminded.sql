UPDATE consent
SET reminded = $2
WHERE record_id = $1 AND state = 'given' AND reminded < $2
