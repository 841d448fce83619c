UPDATE desk_codes
SET failures = failures - 1
WHERE sub = $1 AND list_id = $2 AND failures > 0
