-- The text stays as it came first. That it was needed again now keeps a sweep that runs at the same time away from it.
INSERT INTO policy_bundle (sha256, files, added_us)
VALUES ($1, $2, $3)
ON CONFLICT (sha256) DO UPDATE SET added_us = excluded.added_us
