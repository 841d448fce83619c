SELECT tag, sub, month, shown, visible_us, service, case_ref, made_us, log_index
FROM later_look
WHERE log_index IS NULL AND sub IS NOT NULL AND visible_us <= $1
ORDER BY visible_us
LIMIT $2
