SELECT event_id, target, target_key, fragment, created_us, mandate_id, sent_us, log_index, leaf
FROM outbox
WHERE sent_us IS NULL AND refused_us IS NULL AND (created_us < $1 OR mandate_id IS NOT NULL)
ORDER BY (CASE WHEN mandate_id IS NULL THEN 1 ELSE 0 END), created_us, event_id
LIMIT $2
