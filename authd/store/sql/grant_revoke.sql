UPDATE oauth_grant
SET revoked_us = COALESCE(revoked_us, $2)
WHERE grant_id = $1
