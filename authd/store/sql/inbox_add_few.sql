-- As inbox_add.sql, while fewer than $7 of this kind wait unread whose names have $6 in them.
INSERT INTO inbox (message_id, sub, kind, refs, created_us)
SELECT $1, $2, $3, $4, $5
WHERE NOT EXISTS (SELECT 1 FROM death d WHERE d.sub = $2 AND d.kind = 'death' AND d.state = 'confirmed')
	AND (SELECT count(*) FROM inbox i
		WHERE i.sub = $2 AND i.kind = $3 AND i.read_us IS NULL AND replace(i.refs, $6, '') <> i.refs) < $7
