UPDATE consent_event
SET log_index = $3, leaf = $4
WHERE record_id = (SELECT n.renews FROM consent n WHERE n.record_id = $1) AND event_id = $2 AND log_index IS NULL
