SELECT m.mandate_id, m.sub, m.representative, m.kind, m.state, m.rep_id, m.purposes, m.actions, m.document, m.issued_us,
	m.from_us, m.until_us, m.majority_us, m.zone, m.organisation, m.operator_id, m.confirmer, m.code_hash,
	m.code_until_us, m.created_us, m.event_id, m.reason, m.ended_us, m.frozen_us, m.log_index,
	(SELECT count(*) FROM person p JOIN person_key k ON k.sub = p.sub WHERE p.sub = m.sub AND p.status = 1)
		+ (SELECT count(*) FROM death d WHERE d.death_id = m.death_id AND d.state <> 'confirmed'),
	(SELECT count(*) FROM person p JOIN person_key k ON k.sub = p.sub WHERE p.sub = m.representative AND p.status = 1)
FROM mandate_token t
JOIN mandate m ON m.mandate_id = t.mandate_id
WHERE t.jti = $1
