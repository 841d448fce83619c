UPDATE logout_notice
SET next_us = $3, attempts = CASE WHEN attempts < $4 THEN $4 ELSE attempts END
WHERE client_id = $1 AND (sid = $2 OR next_us < $3)
