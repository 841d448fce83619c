DELETE FROM outbox
WHERE event_id IN (SELECT event_id FROM outbox WHERE sent_us < $1 ORDER BY sent_us LIMIT $2)
