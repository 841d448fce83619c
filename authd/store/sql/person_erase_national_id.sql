DELETE FROM national_id
WHERE sub = $1
