INSERT INTO decoy_tag (tag, expires_us)
VALUES ($1, $2)
ON CONFLICT (tag) DO UPDATE SET expires_us = excluded.expires_us WHERE decoy_tag.expires_us <= $3
