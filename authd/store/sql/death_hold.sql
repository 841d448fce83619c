-- Whoever takes it back meanwhile waits.
UPDATE death
SET state = state
WHERE death_id = $1 AND kind = 'death' AND state = 'confirmed'
