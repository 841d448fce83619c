UPDATE logout_notice
SET next_us = $2
WHERE client_id = $1 AND next_us > $2
