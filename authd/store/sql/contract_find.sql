SELECT contract_id, sub, service, organisation, kind, details, state, from_us, until_us, ctag, proposed_us, answered_us, ended_us,
	event_id, log_index, end_event_id, end_index
FROM contract
WHERE contract_id = $1 AND ($2 = '' OR sub = $2) AND ($3 = '' OR service = $3)
