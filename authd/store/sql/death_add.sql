INSERT INTO death (death_id, sub, kind, state, undoes, organisation, operator_id, confirmer, document, digest, person_status,
	proposed_us, decided_us, event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
