SELECT id, operator, organisation, service, role, sub, category, purpose, reason, words, ctag, opened_us, until_us, review_by_us,
	closed_us, event_id, log_index, verdict, reviewed_us, reviewer, review_words, suspended_us, restored_us
FROM breakglass
WHERE operator = $1 AND organisation = $2 AND service = $3 AND sub = $4 AND category = $5 AND purpose = $6
	AND closed_us IS NULL AND opened_us <= $8 AND until_us > $7
ORDER BY opened_us DESC, id DESC
LIMIT 1
