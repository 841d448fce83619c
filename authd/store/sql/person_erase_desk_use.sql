DELETE FROM desk_use
WHERE who = $1
