UPDATE consent_request
SET state = 'expired', answered_us = $2
WHERE request_id = $1 AND state IN ('requested', 'deferred') AND expires_us <= $2
