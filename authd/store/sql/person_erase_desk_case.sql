DELETE FROM desk_case
WHERE sub = $1
