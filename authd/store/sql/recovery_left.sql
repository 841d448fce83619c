SELECT count(*)
FROM recovery_code
WHERE sub = $1 AND used_us IS NULL
