SELECT count(*)
FROM mandate
WHERE ((sub = $1 AND representative = $2) OR (sub = $2 AND representative = $1))
	AND state = 'active' AND log_index IS NOT NULL AND from_us <= $3 AND until_us > $3
	AND COALESCE(majority_us, $3 + 1) > $3
