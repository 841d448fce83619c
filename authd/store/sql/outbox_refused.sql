SELECT count(*)
FROM outbox
WHERE refused_us IS NOT NULL
