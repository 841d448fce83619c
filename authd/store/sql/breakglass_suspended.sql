SELECT count(*)
FROM breakglass
WHERE operator = $1 AND restored_us IS NULL
	AND ((verdict IS NULL AND review_by_us <= $2) OR verdict = 'unjustified')
