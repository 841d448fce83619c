UPDATE mandate
SET frozen_us = $2
WHERE (sub = $1 OR representative = $1) AND state = 'active' AND frozen_us IS NULL
