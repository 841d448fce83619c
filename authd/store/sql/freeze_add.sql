INSERT INTO frozen (sub, frozen_us)
VALUES ($1, $2)
ON CONFLICT (sub) DO UPDATE SET frozen_us = EXCLUDED.frozen_us
