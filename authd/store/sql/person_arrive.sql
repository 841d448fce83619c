UPDATE person
SET login = $2, kind = $3, status = $4, profile = $5, pseudonym = $6, created_us = $7, event_id = $8
WHERE sub = $1 AND event_id = ''
