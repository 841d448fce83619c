DELETE FROM purpose_use
WHERE (sub, service, purpose, window_start_us) IN (
	SELECT sub, service, purpose, window_start_us FROM purpose_use WHERE window_end_us < $1 ORDER BY window_end_us LIMIT $2)
