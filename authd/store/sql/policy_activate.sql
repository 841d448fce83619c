INSERT INTO policy_activation (version, sha256, bundle, activated_us, event_id)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
