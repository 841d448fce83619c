SELECT COUNT(*)
FROM approval
WHERE sub = $1 AND client_id = $2 AND fingerprint = $3 AND revoked_us IS NULL AND log_index IS NOT NULL
