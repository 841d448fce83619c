UPDATE consent
SET state = 'withdrawn', withdrawn_us = $3, withdraw_event_id = $4, withdraw_index = NULL
WHERE record_id = $1 AND sub = $2 AND state = 'given'
RETURNING record_id, request_id, sub, service, organisation, purpose, purpose_version, state, from_us, until_us, record, code,
	ctag, given_us, withdrawn_us, event_id, mandate_id, renews, log_index, withdraw_event_id, withdraw_index,
	destroy_by_us
