DELETE FROM consent_request
WHERE sub = $1
