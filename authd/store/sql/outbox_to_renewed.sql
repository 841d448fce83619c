UPDATE consent
SET withdraw_index = $3
WHERE record_id = (SELECT n.renews FROM consent n WHERE n.record_id = $1) AND withdraw_event_id = $2
	AND withdraw_index IS NULL
