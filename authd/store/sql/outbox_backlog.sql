SELECT count(*), min(created_us)
FROM outbox
WHERE sent_us IS NULL AND refused_us IS NULL
