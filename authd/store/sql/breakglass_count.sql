SELECT count(*), count(CASE WHEN reviewed_us <= review_by_us THEN 1 END), count(CASE WHEN verdict = 'unjustified' THEN 1 END),
	count(CASE WHEN verdict IS NULL THEN 1 END),
	count(CASE WHEN reviewed_us > review_by_us OR (verdict IS NULL AND review_by_us <= $4) THEN 1 END)
FROM breakglass
WHERE ($1 = '' OR operator = $1) AND opened_us >= $2 AND opened_us < $3 AND log_index IS NOT NULL
