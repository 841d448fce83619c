INSERT INTO acting (sid, mandate_id, since_us)
VALUES ($1, $2, $3)
ON CONFLICT (sid) DO UPDATE SET mandate_id = EXCLUDED.mandate_id, since_us = EXCLUDED.since_us
