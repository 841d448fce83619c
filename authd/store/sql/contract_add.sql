INSERT INTO contract (contract_id, sub, service, organisation, kind, details, state, from_us, until_us, ctag, proposed_us,
	event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '')
