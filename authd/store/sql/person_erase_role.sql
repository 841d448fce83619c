DELETE FROM person_role
WHERE sub = $1
