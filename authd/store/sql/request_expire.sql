UPDATE consent_request
SET state = 'expired'
WHERE fingerprint = $1 AND state IN ('requested', 'deferred') AND expires_us <= $2
