UPDATE oauth_grant
SET revoked_us = created_us
WHERE sub = $1 AND revoked_us IS NULL
