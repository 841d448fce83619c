SELECT count(*)
FROM outbox
WHERE target = 'freeze' AND target_key = $1 AND sent_us IS NULL AND refused_us IS NULL
