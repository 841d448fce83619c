SELECT message_id, sub, kind, refs, created_us, read_us
FROM inbox
WHERE sub = $1 AND (created_us, message_id) < ($2, $3)
ORDER BY created_us DESC, message_id DESC
LIMIT $4
