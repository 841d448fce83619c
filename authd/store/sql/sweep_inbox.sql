DELETE FROM inbox
WHERE message_id IN (SELECT message_id FROM inbox WHERE read_us < $1 LIMIT $2)
