SELECT event_id, target, target_key, fragment, created_us, sent_us, log_index, leaf
FROM outbox
WHERE event_id = $1
