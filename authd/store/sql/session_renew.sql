UPDATE session
SET id_hash = $2
WHERE id_hash = $1 AND ended_us IS NULL
