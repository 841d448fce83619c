-- Two different people, what the log has, and not before it was to be, whatever the program above thinks. An account that
-- was shut while the proposal waited stays shut when the death is taken back.
UPDATE death
SET state = $2, confirmer = $3, decided_us = $5, decided_event_id = $6,
	person_status = (SELECT p.status FROM person p WHERE p.sub = death.sub)
WHERE death_id = $1 AND state = 'proposed'
	AND ($2 <> 'confirmed' OR (operator_id <> $3 AND log_index IS NOT NULL AND proposed_us <= $4))
