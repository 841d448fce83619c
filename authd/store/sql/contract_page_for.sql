SELECT contract_id, sub, service, organisation, kind, details, state, from_us, until_us, ctag, proposed_us, answered_us, ended_us,
	event_id, log_index, end_event_id, end_index
FROM contract
WHERE service = $1 AND (proposed_us, contract_id) < ($2, $3)
ORDER BY proposed_us DESC, contract_id DESC
LIMIT $4
