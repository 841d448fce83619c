DELETE FROM recovery_code
WHERE sub = $1
