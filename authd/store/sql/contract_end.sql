UPDATE contract
SET state = 'ended', ended_us = $2, end_event_id = $3
WHERE contract_id = $1 AND state = 'in_force' AND log_index IS NOT NULL
