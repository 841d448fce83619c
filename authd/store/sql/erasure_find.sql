SELECT sub, asked_by, asked_us, state, erasing_event_id, erased_event_id, erasing_index, erasing_leaf, erased_index, erased_leaf
FROM erasure
WHERE sub = $1
