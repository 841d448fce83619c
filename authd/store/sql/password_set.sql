INSERT INTO password (sub, phc, changed_us, failures, next_try_us)
VALUES ($1, $2, $3, 0, NULL)
ON CONFLICT (sub) DO UPDATE
SET phc = excluded.phc, changed_us = excluded.changed_us, failures = 0, next_try_us = NULL
