UPDATE breakglass
SET restored_us = $2
WHERE id = $1 AND verdict = 'unjustified' AND restored_us IS NULL
RETURNING id
