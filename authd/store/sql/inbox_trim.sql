DELETE FROM inbox
WHERE message_id IN (
	SELECT message_id FROM inbox WHERE sub = $1 ORDER BY created_us DESC, message_id DESC LIMIT 10 OFFSET $2)
