SELECT request_id, client_id, service, organisation, sub, purpose, purpose_version, categories, optional, until_us,
	return_to, case_ref, notice_id, notice_version, state, created_us, expires_us, record_id, fingerprint, event_id,
	renews, recipients, log_index, leaf, answered_us
FROM consent_request
WHERE state IN ('requested', 'deferred') AND expires_us <= $1 AND log_index IS NOT NULL
ORDER BY expires_us, request_id
LIMIT $2
