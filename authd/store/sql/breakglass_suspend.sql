UPDATE breakglass
SET suspended_us = $2
WHERE id = $1 AND verdict IS NULL AND suspended_us IS NULL
RETURNING id
