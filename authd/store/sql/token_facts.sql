SELECT
	(SELECT count(*) FROM revoked_token WHERE jti = $1),
	(SELECT count(*) FROM session WHERE sid = $2 AND ended_us IS NULL AND expires_us > $5 AND log_index IS NOT NULL),
	(SELECT count(*) FROM client WHERE client_id = $3 AND status = 1),
	(SELECT count(*) FROM person WHERE sub = $4 AND status = 1 AND wrapped_key IS NOT NULL)
