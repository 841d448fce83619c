UPDATE contract
SET state = $3, answered_us = $4, event_id = $5
WHERE contract_id = $1 AND sub = $2 AND state = 'proposed' AND until_us > $4
