DELETE FROM desk_use
WHERE (who, what, window_us) IN (SELECT who, what, window_us FROM desk_use WHERE window_us < $1 ORDER BY window_us LIMIT $2)
