SELECT record_id, request_id, sub, service, organisation, purpose, purpose_version, state, from_us, until_us, record, code,
	ctag, given_us, withdrawn_us, event_id, mandate_id, renews, log_index, withdraw_event_id, withdraw_index,
	destroy_by_us
FROM consent
WHERE sub = $1 AND service = $2 AND purpose = $3 AND log_index IS NOT NULL
ORDER BY given_us DESC, record_id DESC
LIMIT 1
