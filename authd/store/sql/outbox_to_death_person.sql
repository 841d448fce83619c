UPDATE person
SET log_index = $3
WHERE sub = (SELECT d.sub FROM death d WHERE d.death_id = $1) AND event_id = $2 AND log_index IS NULL
