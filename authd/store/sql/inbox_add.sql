-- Nobody writes to the dead.
INSERT INTO inbox (message_id, sub, kind, refs, created_us)
SELECT $1, $2, $3, $4, $5
WHERE NOT EXISTS (SELECT 1 FROM death d WHERE d.sub = $2 AND d.kind = 'death' AND d.state = 'confirmed')
