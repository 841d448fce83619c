UPDATE session
SET ended_us = $3
WHERE sid = $1 AND sub = $2 AND ended_us IS NULL
