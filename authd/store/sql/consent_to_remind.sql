SELECT record_id, request_id, sub, service, organisation, purpose, purpose_version, state, from_us, until_us, record, code,
	ctag, given_us, withdrawn_us, event_id, mandate_id, renews, log_index, withdraw_event_id, withdraw_index,
	destroy_by_us
FROM consent
WHERE state = 'given' AND reminded < $1 AND until_us > $2 AND until_us <= $3 AND until_us - from_us > $4
	AND log_index IS NOT NULL
ORDER BY until_us, record_id
LIMIT $5
