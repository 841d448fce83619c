UPDATE password
SET next_try_us = $2
WHERE sub = $1
