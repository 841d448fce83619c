SELECT event_id, target, target_key, fragment, created_us, mandate_id, sent_us, log_index, leaf
FROM outbox
WHERE event_id = $1
