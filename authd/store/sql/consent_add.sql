INSERT INTO consent (record_id, request_id, sub, service, organisation, purpose, purpose_version, state, from_us,
	until_us, record, code, ctag, given_us, withdrawn_us, event_id, mandate_id,
	renews)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
