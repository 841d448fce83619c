DELETE FROM limit_use
WHERE (record_id, window_start_us) IN (SELECT record_id, window_start_us FROM limit_use WHERE window_end_us < $1 ORDER BY window_end_us LIMIT $2)
