UPDATE mandate
SET frozen_us = NULL
WHERE mandate_id = $1 AND state = 'active' AND frozen_us IS NOT NULL
