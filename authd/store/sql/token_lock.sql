-- Exchanging a token and revoking it wait for one another, so that the later of the two sees the other.
UPDATE issued_token
SET grant_id = grant_id
WHERE jti = $1
