UPDATE later_look
SET log_index = $2
WHERE tag = $1 AND log_index IS NULL
