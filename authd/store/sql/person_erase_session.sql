UPDATE session
SET ended_us = COALESCE(ended_us, seen_us), agent = ''
WHERE sub = $1
