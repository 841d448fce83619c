UPDATE limit_use
SET count = count - 1
WHERE record_id = $1 AND window_start_us = $2 AND count > 0
