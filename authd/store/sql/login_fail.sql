UPDATE login
SET failures = failures + 1
WHERE id_hash = $1
RETURNING failures
