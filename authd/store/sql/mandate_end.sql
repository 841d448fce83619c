UPDATE mandate
SET state = $2, reason = $3, ended_us = $4, code_hash = NULL
WHERE mandate_id = $1 AND state IN ('proposed', 'active')
