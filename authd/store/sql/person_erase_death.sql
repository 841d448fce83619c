-- The papers go; that there was a proposal and what became of it names nobody without the key.
UPDATE death
SET document = NULL, state = CASE WHEN state = 'proposed' THEN 'declined' ELSE state END
WHERE sub = $1
