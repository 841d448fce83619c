-- As person_lock.sql, for what a client has at most so many of.
UPDATE client
SET status = status
WHERE client_id = $1
