UPDATE session
SET ended_us = $2
WHERE sid = $1 AND ended_us IS NULL AND (expires_us <= $2 OR seen_us + idle_us_limit <= $2)
