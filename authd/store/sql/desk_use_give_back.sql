UPDATE desk_use
SET count = count - 1
WHERE who = $1 AND what = $2 AND window_us = $3 AND count > 1
