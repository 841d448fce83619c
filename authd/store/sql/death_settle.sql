UPDATE death
SET settled_us = $2
WHERE death_id = $1 AND settled_us IS NULL
