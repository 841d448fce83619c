SELECT sub, asked_by, asked_us, state, erasing_event_id, erased_event_id, erasing_index, erasing_leaf, erased_index, erased_leaf
FROM erasure
WHERE state <> 'done' AND asked_us < $1
ORDER BY asked_us
LIMIT $2
