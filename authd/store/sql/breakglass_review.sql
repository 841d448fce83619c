UPDATE breakglass
SET verdict = $2, reviewer = $3, review_words = $4, reviewed_us = $5
WHERE id = $1 AND verdict IS NULL AND log_index IS NOT NULL
RETURNING id
