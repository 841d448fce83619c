INSERT INTO consent_request (request_id, client_id, service, organisation, sub, purpose, purpose_version, categories,
	optional, until_us, return_to, case_ref, notice_id, notice_version, state, created_us, expires_us, record_id,
	fingerprint, event_id, renews, recipients)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
ON CONFLICT DO NOTHING
