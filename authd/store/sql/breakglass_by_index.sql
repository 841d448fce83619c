SELECT id, operator, organisation, service, role, sub, category, purpose, reason, words, ctag, opened_us, until_us, review_by_us,
	closed_us, event_id, log_index, verdict, reviewed_us, reviewer, review_words, suspended_us, restored_us
FROM breakglass
WHERE log_index = $1
