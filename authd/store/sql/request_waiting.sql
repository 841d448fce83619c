SELECT request_id, client_id, service, organisation, sub, purpose, purpose_version, categories, optional, until_us,
	return_to, case_ref, notice_id, notice_version, state, created_us, expires_us, record_id, fingerprint, event_id,
	renews, recipients, log_index, leaf, answered_us
FROM consent_request
WHERE sub = $1 AND state IN ('requested', 'deferred') AND expires_us > $2 AND (created_us, request_id) < ($3, $4)
ORDER BY created_us DESC, request_id DESC
LIMIT $5
