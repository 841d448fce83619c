-- $16 and $17: the quota, since when. The operator's row is locked before (breakglass_lock.sql).
INSERT INTO breakglass (id, operator, organisation, service, role, sub, category, purpose, reason, words, ctag, opened_us,
	until_us, review_by_us, event_id)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15
WHERE (SELECT count(*) FROM breakglass WHERE operator = $2 AND opened_us > $16) < $17
