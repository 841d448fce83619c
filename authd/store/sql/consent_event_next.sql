SELECT COALESCE(max(seq), 0) + 1
FROM consent_event
WHERE record_id = $1
