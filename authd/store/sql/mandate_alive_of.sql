-- Given by or to somebody and not at its end yet, oldest first.
SELECT m.mandate_id, m.sub, m.representative, m.kind, m.state, m.rep_id, m.purposes, m.actions, m.document, m.issued_us,
	m.from_us, m.until_us, m.majority_us, m.zone, m.organisation, m.operator_id, m.confirmer, m.code_hash,
	m.code_until_us, m.created_us, m.event_id, m.reason, m.ended_us, m.frozen_us, m.log_index,
	(SELECT count(*) FROM person p JOIN person_key k ON k.sub = p.sub WHERE p.sub = m.sub AND p.status = 1)
		+ (SELECT count(*) FROM death d WHERE d.death_id = m.death_id AND d.state <> 'confirmed'),
	(SELECT count(*) FROM person p JOIN person_key k ON k.sub = p.sub WHERE p.sub = m.representative AND p.status = 1)
FROM mandate m
WHERE (m.sub = $1 OR m.representative = $1) AND m.state IN ('proposed', 'active')
ORDER BY m.created_us, m.mandate_id
LIMIT $2
