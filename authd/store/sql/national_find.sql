SELECT sub, CASE WHEN asked_us IS NULL THEN 0 ELSE 1 END
FROM national_id
WHERE hash = $1
