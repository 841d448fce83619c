INSERT INTO policy_proposal (id, sha256, bundle_version, author, base_sha256, diff, diff_sha256, proposed_us, expires_us, state, event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
