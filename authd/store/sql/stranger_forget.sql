DELETE FROM national_id
WHERE sub = $1 AND asked_us < $2
