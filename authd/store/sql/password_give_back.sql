-- The wait goes with it, unless somebody has tried since.
UPDATE password
SET failures = failures - 1, next_try_us = CASE WHEN failures = $2 THEN NULL ELSE next_try_us END
WHERE sub = $1 AND failures > 0
