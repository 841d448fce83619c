UPDATE password
SET failures = failures + 1, next_try_us = $2
WHERE sub = $1
RETURNING failures
