SELECT c.record_id, c.request_id, c.sub, c.service, c.organisation, c.purpose, c.purpose_version, c.state, c.from_us,
	c.until_us, c.record, c.code, c.ctag, c.given_us, c.withdrawn_us, c.event_id, c.mandate_id, c.renews, c.log_index,
	c.withdraw_event_id, c.withdraw_index, c.destroy_by_us
FROM consent_recipient v
JOIN consent c ON c.record_id = v.record_id
WHERE v.service = $1 AND ($2 = '' OR v.purpose = $2) AND ($3 = '' OR c.state = $3)
	AND ($4 = '' OR c.organisation = $4) AND (v.given_us, v.record_id) < ($5, $6)
ORDER BY v.given_us DESC, v.record_id DESC
LIMIT $7
