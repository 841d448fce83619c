INSERT INTO policy_bundle (sha256, files, added_us)
VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
