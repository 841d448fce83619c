UPDATE policy_activation
SET log_index = $3
WHERE CAST(version AS text) = $1 AND event_id = $2 AND log_index IS NULL
