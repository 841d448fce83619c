UPDATE desk_case
SET expires_us = $2
WHERE sub = $1 AND expires_us > $2
