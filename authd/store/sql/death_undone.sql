-- What heirs have left over is upkeep's.
UPDATE death
SET state = 'undone', settled_us = NULL
WHERE death_id = $1 AND kind = 'death' AND state = 'confirmed'
