SELECT death_id, sub, kind, state, undoes, organisation, operator_id, confirmer, document, digest, person_status, proposed_us,
	decided_us, event_id, log_index, decided_event_id, decided_index
FROM death
WHERE sub = $1 AND kind = 'death' AND state = 'confirmed'
