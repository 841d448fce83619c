-- A try is counted before the code is looked at, so that many at once are no more than a few one after the other.
UPDATE desk_codes
SET failures = failures + 1
WHERE sub = $1 AND list_id = $2 AND failures < $3
