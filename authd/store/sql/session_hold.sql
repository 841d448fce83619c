-- Changes nothing: the row is locked against whoever would end the session.
UPDATE session
SET ended_us = NULL
WHERE sid = $1 AND ended_us IS NULL
