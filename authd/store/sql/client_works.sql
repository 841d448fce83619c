SELECT COUNT(*)
FROM client
WHERE service = $1 AND status = 1 AND log_index IS NOT NULL
