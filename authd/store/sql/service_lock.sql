-- As person_lock.sql, for what a service has at most so many of. One row of its clients, the same one for all who ask.
UPDATE client
SET status = status
WHERE client_id = (SELECT min(client_id) FROM client WHERE service = $1)
