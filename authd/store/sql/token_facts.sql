-- A token is revoked by its own name or with its grant, which needs no row for each token, or with what it was made under. A client that was
-- enabled, or given other credentials, counts from its entry's index, like anything that is granted.
SELECT
	(SELECT count(*) FROM revoked_token WHERE jti = $1)
		+ (SELECT count(*) FROM issued_token t JOIN oauth_grant g ON g.grant_id = t.grant_id
			WHERE t.jti = $1 AND g.revoked_us IS NOT NULL)
		+ (SELECT count(*) FROM mandate_token t JOIN mandate m ON m.mandate_id = t.mandate_id
			LEFT JOIN person r ON r.sub = m.representative AND r.status = 1
			WHERE t.jti = $1 AND (m.state <> 'active' OR m.frozen_us IS NOT NULL OR r.sub IS NULL)),
	(SELECT count(*) FROM session WHERE sid = $2 AND ended_us IS NULL AND expires_us > $5 AND log_index IS NOT NULL),
	(SELECT count(*) FROM client WHERE client_id = $3 AND status = 1 AND log_index IS NOT NULL),
	(SELECT count(*) FROM person p JOIN person_key k ON k.sub = p.sub WHERE p.sub = $4 AND p.status = 1)
