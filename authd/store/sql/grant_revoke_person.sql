UPDATE oauth_grant
SET revoked_us = $2
WHERE sub = $1 AND revoked_us IS NULL
