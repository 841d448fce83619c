DELETE FROM person_role
WHERE sub = $1 AND organisation = $2 AND role = $3
