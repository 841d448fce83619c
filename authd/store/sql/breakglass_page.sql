SELECT id, operator, organisation, service, role, sub, category, purpose, reason, words, ctag, opened_us, until_us, review_by_us,
	closed_us, event_id, log_index, verdict, reviewed_us, reviewer, review_words, suspended_us, restored_us
FROM breakglass
WHERE ($1 = '' OR organisation = $1) AND ($2 = '' OR operator = $2)
	AND ($3 = '' OR ($3 = 'open' AND closed_us IS NULL AND until_us > $4) OR ($3 = 'waiting' AND verdict IS NULL)
		OR ($3 = 'overdue' AND verdict IS NULL AND review_by_us <= $4) OR ($3 = 'reviewed' AND verdict IS NOT NULL)
		OR ($3 = 'unjustified' AND verdict = 'unjustified'))
	AND (opened_us, id) < ($5, $6)
ORDER BY opened_us DESC, id DESC
LIMIT $7
