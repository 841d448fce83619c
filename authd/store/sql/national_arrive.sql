UPDATE national_id
SET asked_us = NULL
WHERE hash = $1 AND sub = $2 AND asked_us IS NOT NULL
