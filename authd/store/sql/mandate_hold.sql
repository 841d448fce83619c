-- Whoever ends it meanwhile waits, and then finds the token that was made under it.
UPDATE mandate
SET zone = zone
WHERE mandate_id = $1
