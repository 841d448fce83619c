UPDATE consent
SET destroy_by_us = $2
WHERE record_id = $1 AND state <> 'given'
