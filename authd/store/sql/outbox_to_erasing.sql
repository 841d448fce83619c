UPDATE erasure
SET erasing_index = $3, erasing_leaf = $4
WHERE sub = $1 AND erasing_event_id = $2 AND erasing_index IS NULL
