UPDATE death
SET state = 'undone'
WHERE death_id = $1 AND kind = 'death' AND state = 'confirmed'
