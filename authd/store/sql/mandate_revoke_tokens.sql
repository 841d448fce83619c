INSERT INTO revoked_token (jti, expires_us)
SELECT jti, expires_us
FROM mandate_token
WHERE mandate_id IN (SELECT m.mandate_id FROM mandate m WHERE m.mandate_id = $1 OR m.sub = $1 OR m.representative = $1)
ON CONFLICT DO NOTHING
