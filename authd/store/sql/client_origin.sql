SELECT COUNT(*)
FROM client
WHERE status = 1 AND log_index IS NOT NULL AND (redirect_uris LIKE '%"' || $1 || '/%' OR redirect_uris LIKE '%"' || $1 || '"%')
