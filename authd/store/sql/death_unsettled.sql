SELECT death_id, sub, kind, state, undoes, organisation, operator_id, confirmer, document, digest, person_status, proposed_us,
	decided_us, event_id, log_index, decided_event_id, decided_index
FROM death
WHERE kind = 'death' AND state IN ('confirmed', 'undone') AND settled_us IS NULL
ORDER BY decided_us, death_id
LIMIT $1
