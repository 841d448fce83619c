INSERT INTO desk_use (who, what, window_us, count)
VALUES ($1, $2, $3, 1)
ON CONFLICT (who, what, window_us) DO UPDATE
SET count = desk_use.count + 1
WHERE desk_use.count < $4
