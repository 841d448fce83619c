INSERT INTO limit_use (record_id, window_start_us, window_end_us, count)
VALUES ($1, $2, $3, 1)
ON CONFLICT (record_id, window_start_us) DO UPDATE
SET count = limit_use.count + 1
WHERE limit_use.count < $4
RETURNING count
