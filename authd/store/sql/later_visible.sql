SELECT log_index
FROM later_look
WHERE sub = $1 AND month = $2 AND visible_us <= $3 AND log_index < $4
ORDER BY log_index DESC
LIMIT $5
