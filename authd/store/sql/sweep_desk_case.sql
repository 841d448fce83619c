DELETE FROM desk_case
WHERE case_id IN (SELECT case_id FROM desk_case WHERE expires_us < $1 ORDER BY expires_us LIMIT $2)
