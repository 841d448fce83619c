SELECT tag, sub, month, shown, visible_us, service, case_ref, made_us, log_index
FROM later_look
WHERE sub = $1 AND month = $2
ORDER BY made_us DESC, tag
LIMIT 1000
