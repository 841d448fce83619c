SELECT case_id, sub, operator_sub, organisation, sid, channel, opened_us, expires_us, event_id, log_index
FROM desk_case
WHERE case_id = $1 AND operator_sub = $2 AND sid = $3 AND expires_us > $4 AND log_index IS NOT NULL
