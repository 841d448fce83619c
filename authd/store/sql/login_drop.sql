DELETE FROM login
WHERE id_hash = $1
