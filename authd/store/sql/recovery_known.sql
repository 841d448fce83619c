SELECT 1
FROM recovery_code
WHERE sub = $1 AND code_hash = $2
