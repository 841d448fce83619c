UPDATE recovery_code
SET used_us = $3
WHERE sub = $1 AND code_hash = $2 AND used_us IS NULL
