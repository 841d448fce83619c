SELECT 1
FROM consent
WHERE record_id = $1 AND sub = $2 AND state = 'withdrawn'
