SELECT id, sha256, bundle_version, author, base_sha256, diff, diff_sha256, proposed_us, expires_us, state, event_id, log_index
FROM policy_proposal
WHERE id = $1
