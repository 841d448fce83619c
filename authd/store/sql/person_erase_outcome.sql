-- It names the entry of an access and whose data that was.
DELETE FROM outcome
WHERE sub = $1
