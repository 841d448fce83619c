SELECT tag, sub, month, shown, visible_us, service, case_ref, made_us, log_index
FROM later_look
WHERE tag = $1
