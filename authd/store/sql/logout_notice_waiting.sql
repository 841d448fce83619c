SELECT count(*), COALESCE(MIN(ended_us), 0)
FROM logout_notice
