DELETE FROM person_tag
WHERE sub = $1
