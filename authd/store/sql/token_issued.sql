-- Locks the grant row for the rest of the transaction: a revocation at the same time comes before (no row: refused) or
-- after (and then sees the token).
UPDATE oauth_grant
SET scope = scope
WHERE grant_id = $1 AND revoked_us IS NULL
