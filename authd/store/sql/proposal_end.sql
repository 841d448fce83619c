UPDATE policy_proposal
SET state = $2
WHERE id = $1 AND state = 'open' AND expires_us > $3 AND log_index IS NOT NULL
