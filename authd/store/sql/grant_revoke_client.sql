UPDATE oauth_grant
SET revoked_us = $3
WHERE sub = $1 AND client_id = $2 AND revoked_us IS NULL
