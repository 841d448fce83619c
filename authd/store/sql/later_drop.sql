DELETE FROM later_look
WHERE tag = $1 AND log_index IS NULL
