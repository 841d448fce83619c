INSERT INTO later_look (tag, sub, month, shown, visible_us, service, case_ref, made_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT DO NOTHING
