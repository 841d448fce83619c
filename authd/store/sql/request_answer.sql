UPDATE consent_request
SET state = $3, record_id = $4, answered_us = $5
WHERE request_id = $1 AND sub = $2 AND state IN ('requested', 'deferred') AND expires_us > $5 AND log_index IS NOT NULL
