INSERT INTO report (month, complete, body, made_us)
VALUES ($1, $2, $3, $4)
ON CONFLICT (month) DO UPDATE
SET complete = excluded.complete, body = excluded.body, made_us = excluded.made_us
WHERE report.complete = 0
