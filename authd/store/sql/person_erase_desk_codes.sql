DELETE FROM desk_codes
WHERE sub = $1
