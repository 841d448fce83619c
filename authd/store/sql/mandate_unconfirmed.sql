-- What one official registered and no other confirmed.
SELECT m.mandate_id, m.sub, m.representative, m.kind, m.state, m.rep_id, m.purposes, m.actions, m.document, m.issued_us,
	m.from_us, m.until_us, m.majority_us, m.zone, m.organisation, m.operator_id, m.confirmer, m.code_hash,
	m.code_until_us, m.created_us, m.event_id, m.reason, m.ended_us, m.frozen_us, m.log_index, 0, 0
FROM mandate m
WHERE m.state = 'proposed' AND m.operator_id IS NOT NULL AND m.created_us <= $1
ORDER BY m.created_us, m.mandate_id
LIMIT $2
