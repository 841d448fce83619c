UPDATE session_client
SET look_us = $2
WHERE sid = $1
