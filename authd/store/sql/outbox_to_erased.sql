UPDATE erasure
SET erased_index = $3, erased_leaf = $4
WHERE sub = $1 AND erased_event_id = $2 AND erased_index IS NULL
