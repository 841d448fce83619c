SELECT count
FROM limit_use
WHERE record_id = $1 AND window_start_us = $2
