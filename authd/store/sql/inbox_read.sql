UPDATE inbox
SET read_us = $2
WHERE sub = $1 AND read_us IS NULL AND created_us <= $2
