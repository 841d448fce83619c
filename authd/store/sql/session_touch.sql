UPDATE session
SET seen_us = $2
WHERE id_hash = $1 AND seen_us < $2 AND ended_us IS NULL
