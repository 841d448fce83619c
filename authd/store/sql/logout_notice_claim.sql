UPDATE logout_notice
SET next_us = $4
WHERE sid = $1 AND client_id = $2 AND next_us = $3
