-- One row whatever is known: an unknown person costs the same look-ups as a known one. A fact more is a column here (or
-- a join below), a member of struct store_facts and a row in store_facts.c, all at the end.
--
-- status 2: a stranger (store_national.h), who is somebody to the log and nobody to a decision.
--
-- related: whether the service has or had something to do with the person: what they gave it (alone or among others),
-- answered it or agreed on.
--
-- A consent that was renewed holds until the one in its place is in the log, and no longer. The last columns: given under
-- a mandate, and may that still be relied on (mandate_supports_consents(): the two say the same); and did the person die.
SELECT
	CASE WHEN p.sub IS NULL THEN 0 ELSE 1 END, CASE WHEN p.event_id = '' THEN 2 ELSE p.status END, p.kind, w.wrapped_key,
	(SELECT count(*) FROM objection o
		WHERE o.sub = $1 AND o.purpose IN ($3, '*') AND o.category IN ($4, '*') AND o.lift_index IS NULL),
	c.record_id, c.state, c.purpose_version, c.from_us, c.until_us, c.log_index, c.ctag, c.organisation,
	CASE WHEN k.category IS NULL THEN 0 ELSE 1 END,
	CASE WHEN c.from_us <= $5 AND c.until_us > $5 THEN 1 ELSE 0 END,
	(SELECT count(*) FROM restriction r
		WHERE r.sub = $1 AND r.lift_index IS NULL AND (r.until_us IS NULL OR r.until_us > $5)),
	CASE WHEN EXISTS (SELECT 1 FROM consent_recipient e WHERE e.sub = $1 AND e.service = $2)
		OR EXISTS (SELECT 1 FROM consent_request q
			WHERE q.sub = $1 AND q.service = $2 AND q.state IN ('given', 'refused'))
		OR EXISTS (SELECT 1 FROM contract d
			WHERE d.sub = $1 AND d.service = $2 AND d.state IN ('in_force', 'ended'))
		THEN 1 ELSE 0 END,
	t.log_index, t.ctag, t.until_us,
	CASE WHEN c.mandate_id IS NULL THEN 0 ELSE 1 END,
	CASE WHEN EXISTS (SELECT 1 FROM mandate a
		WHERE a.mandate_id = c.mandate_id AND a.state <> 'proposed' AND a.log_index IS NOT NULL
			AND a.frozen_us IS NULL AND COALESCE(a.majority_us, $5 + 1) > $5
			AND COALESCE(a.reason, '') NOT IN ('disputed', 'unfounded', 'majority', 'death'))
		THEN 1 ELSE 0 END,
	CASE WHEN EXISTS (SELECT 1 FROM death y WHERE y.sub = $1 AND y.kind = 'death' AND y.state = 'confirmed')
		THEN 1 ELSE 0 END
FROM (SELECT 1 AS one) always
LEFT JOIN person p ON p.sub = $1
LEFT JOIN person_key w ON w.sub = $1
LEFT JOIN consent c ON c.record_id = (
	SELECT n.record_id
	FROM consent_recipient v
	JOIN consent n ON n.record_id = v.record_id
	LEFT JOIN consent_category h ON h.record_id = n.record_id AND h.category = $4
	WHERE v.sub = $1 AND v.service = $2 AND v.purpose = $3 AND n.state <> 'refused'
		AND NOT (n.state = 'renewed' AND n.withdraw_index IS NOT NULL)
	ORDER BY
		CASE WHEN n.state = 'given' AND n.log_index IS NULL THEN 1 ELSE 0 END,
		CASE WHEN h.category IS NULL THEN 1 ELSE 0 END,
		n.given_us DESC, n.record_id DESC
	LIMIT 1)
LEFT JOIN consent_category k ON k.record_id = c.record_id AND k.category = $4
LEFT JOIN contract t ON t.contract_id = (
	SELECT g.contract_id
	FROM contract g
	WHERE g.sub = $1 AND g.service = $2 AND g.kind = $6 AND g.state = 'in_force' AND g.log_index IS NOT NULL
		AND g.from_us <= $5 AND g.until_us > $5
	ORDER BY g.until_us DESC, g.contract_id
	LIMIT 1)
