-- All that bind somebody now, oldest first: whoever ends them finds the next ones in their place. Those that are in the log
-- come first, so that what is on its way there keeps nothing else waiting.
SELECT contract_id, sub, service, organisation, kind, details, state, from_us, until_us, ctag, proposed_us, answered_us, ended_us,
	event_id, log_index, end_event_id, end_index
FROM contract
WHERE sub = $1 AND state = 'in_force'
ORDER BY CASE WHEN log_index IS NULL THEN 1 ELSE 0 END, proposed_us, contract_id
LIMIT $2
