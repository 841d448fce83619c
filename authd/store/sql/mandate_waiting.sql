SELECT count(*)
FROM mandate
WHERE sub = $1 AND state = 'proposed' AND code_until_us > $2
