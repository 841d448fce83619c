INSERT INTO desk_case (case_id, sub, operator_sub, organisation, sid, channel, opened_us, expires_us, event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
