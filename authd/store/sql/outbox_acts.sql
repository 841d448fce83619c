SELECT event_id, target, target_key, fragment, created_us, mandate_id, sent_us, log_index, leaf
FROM outbox
WHERE sent_us IS NULL AND refused_us IS NULL AND mandate_id IS NOT NULL
ORDER BY created_us, event_id
LIMIT $1
