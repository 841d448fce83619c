UPDATE mandate
SET log_index = $3
WHERE mandate_id = $1 AND event_id = $2
