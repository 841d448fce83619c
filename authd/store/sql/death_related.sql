SELECT count(*)
FROM mandate
WHERE (sub = $1 AND representative = $2) OR (sub = $2 AND representative = $1)
