-- Two different people, whatever the program above thinks.
UPDATE mandate
SET confirmer = $2, state = 'active', event_id = $3
WHERE mandate_id = $1 AND state = 'proposed' AND code_hash IS NULL AND representative IS NOT NULL AND operator_id <> $2
