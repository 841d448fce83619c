UPDATE desk_codes
SET failures = 0
WHERE sub = $1 AND list_id = $2
