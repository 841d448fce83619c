-- Their tags go with it.
DELETE FROM person_key
WHERE sub = $1
