SELECT event_id, target, target_key, fragment, created_us, sent_us, log_index, leaf
FROM outbox
WHERE sent_us IS NULL AND refused_us IS NULL AND created_us < $1
ORDER BY created_us, event_id
LIMIT $2
