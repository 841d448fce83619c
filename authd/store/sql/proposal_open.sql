SELECT id, sha256, bundle_version, author, base_sha256, diff, diff_sha256, proposed_us, expires_us, state, event_id, log_index
FROM policy_proposal
WHERE state = 'open' AND expires_us > $1 AND log_index IS NOT NULL
ORDER BY proposed_us DESC, id DESC
LIMIT $2
