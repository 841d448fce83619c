DELETE FROM pairwise
WHERE sub = $1
