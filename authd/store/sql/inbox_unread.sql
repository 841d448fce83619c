SELECT count(*)
FROM inbox
WHERE sub = $1 AND read_us IS NULL
