UPDATE national_id
SET asked_us = $2
WHERE hash = $1 AND asked_us IS NOT NULL
