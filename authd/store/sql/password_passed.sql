UPDATE password
SET failures = 0, next_try_us = NULL
WHERE sub = $1 AND (failures <> 0 OR next_try_us IS NOT NULL)
