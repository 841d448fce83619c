INSERT INTO mandate (mandate_id, sub, representative, kind, state, rep_id, purposes, actions, document, issued_us, from_us,
	until_us, majority_us, zone, organisation, operator_id, confirmer, code_hash, code_until_us, created_us, event_id,
	death_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
	(SELECT d.death_id FROM death d WHERE d.sub = $2 AND $4 = 'heir' AND d.kind = 'death' AND d.state = 'confirmed'))
