DELETE FROM consent_identity
WHERE sub = $1
