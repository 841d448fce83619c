UPDATE outbox
SET refused_us = $2
WHERE event_id = $1 AND sent_us IS NULL
