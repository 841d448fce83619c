-- One row whatever is known: an unknown person costs the same look-ups as a known one.
SELECT
	CASE WHEN p.sub IS NULL THEN 0 ELSE 1 END, p.status, p.kind, w.wrapped_key,
	(SELECT count(*) FROM objection o
		WHERE o.sub = $1 AND o.purpose IN ($3, '*') AND o.category IN ($4, '*')),
	c.record_id, c.state, c.purpose_version, c.from_us, c.until_us, c.log_index, c.ctag, c.organisation,
	CASE WHEN k.category IS NULL THEN 0 ELSE 1 END,
	CASE WHEN c.from_us <= $5 AND c.until_us > $5 THEN 1 ELSE 0 END
FROM (SELECT 1 AS one) always
LEFT JOIN person p ON p.sub = $1
LEFT JOIN person_key w ON w.sub = $1
LEFT JOIN consent c ON c.record_id = (
	SELECT n.record_id
	FROM consent n
	LEFT JOIN consent_category h ON h.record_id = n.record_id AND h.category = $4
	WHERE n.sub = $1 AND n.service = $2 AND n.purpose = $3 AND n.state <> 'refused'
	ORDER BY
		CASE WHEN n.state = 'given' AND n.log_index IS NULL THEN 1 ELSE 0 END,
		CASE WHEN h.category IS NULL THEN 1 ELSE 0 END,
		n.given_us DESC, n.record_id DESC
	LIMIT 1)
LEFT JOIN consent_category k ON k.record_id = c.record_id AND k.category = $4
