DELETE FROM acting
WHERE sid = $1
