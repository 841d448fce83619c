DELETE FROM person
WHERE sub = $1 AND event_id = ''
