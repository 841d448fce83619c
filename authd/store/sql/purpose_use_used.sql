SELECT count
FROM purpose_use
WHERE sub = $1 AND service = $2 AND purpose = $3 AND window_start_us = $4
