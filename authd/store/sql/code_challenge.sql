SELECT COUNT(*)
FROM code
WHERE client_id = $1 AND challenge = $2
