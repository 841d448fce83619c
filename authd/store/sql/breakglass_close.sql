UPDATE breakglass
SET closed_us = $3
WHERE id = $1 AND operator = $2 AND log_index IS NOT NULL AND closed_us IS NULL AND until_us > $3
RETURNING id
