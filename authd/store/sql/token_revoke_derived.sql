WITH RECURSIVE derived (jti, expires_us) AS (
	SELECT jti, expires_us FROM issued_token WHERE parent_jti = $1
	UNION
	SELECT t.jti, t.expires_us FROM issued_token t JOIN derived d ON t.parent_jti = d.jti
)
INSERT INTO revoked_token (jti, expires_us)
SELECT jti, expires_us
FROM derived
WHERE true
ON CONFLICT DO NOTHING
