-- Codes that were made before: whoever it was frozen against may have them.
UPDATE mandate
SET state = 'revoked', reason = 'revoked', ended_us = $2, code_hash = NULL
WHERE sub = $1 AND state = 'proposed' AND code_hash IS NOT NULL
