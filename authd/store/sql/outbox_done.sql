UPDATE outbox
SET sent_us = $2, refused_us = NULL, log_index = $3, leaf = $4
WHERE event_id = $1 AND sent_us IS NULL
RETURNING target, target_key
