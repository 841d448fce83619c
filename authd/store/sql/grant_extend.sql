UPDATE oauth_grant
SET expires_us = $2
WHERE grant_id = $1 AND revoked_us IS NULL AND expires_us <= $2
