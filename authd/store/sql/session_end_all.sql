UPDATE session
SET ended_us = $3
WHERE sub = $1 AND sid <> $2 AND ended_us IS NULL
