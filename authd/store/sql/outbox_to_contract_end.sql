UPDATE contract
SET end_index = $3
WHERE contract_id = $1 AND end_event_id = $2 AND end_index IS NULL
