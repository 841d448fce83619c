-- The event tells one row of the client from another.
UPDATE device_code
SET log_index = $3
WHERE event_id = $2 AND client_id = $1 AND log_index IS NULL
