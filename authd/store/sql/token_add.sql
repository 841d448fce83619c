-- A revocation at the same time may come before or after: it reaches this token by its grant either way.
INSERT INTO issued_token (jti, grant_id, expires_us)
SELECT $1, grant_id, $3
FROM oauth_grant
WHERE grant_id = $2 AND revoked_us IS NULL
