UPDATE contract
SET log_index = $3, leaf = $4
WHERE contract_id = $1 AND event_id = $2 AND log_index IS NULL
