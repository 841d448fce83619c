SELECT record_id, request_id, sub, service, organisation, purpose, purpose_version, state, from_us, until_us, record, code,
	ctag, given_us, withdrawn_us, event_id, mandate_id, renews, log_index, withdraw_event_id, withdraw_index,
	destroy_by_us
FROM consent
WHERE sub = $1 AND ($2 = '' OR EXISTS (SELECT 1 FROM consent_recipient v WHERE v.record_id = consent.record_id AND v.service = $2)) AND ($3 = '' OR purpose = $3) AND ($4 = '' OR state = $4)
	AND ($5 = '' OR ' ' || $5 || ' ' LIKE '% ' || purpose || ' %') AND ($6 = '' OR organisation = $6)
	AND (given_us, record_id) < ($7, $8)
ORDER BY given_us DESC, record_id DESC
LIMIT $9
