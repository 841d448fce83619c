UPDATE purpose_use
SET count = count - 1
WHERE sub = $1 AND service = $2 AND purpose = $3 AND window_start_us = $4 AND count > 0
